import {
  type Cause,
  explainCause,
  explainWait,
  type Facts,
  type TimeLimits,
  findTimeLimits,
  type Verdict,
  type Wait,
} from '@bbb/rules';
import type { AbsenceDoubt } from './absence-doubt.js';
import type { ReconcilerSettings } from './context.js';
import type { Rules } from './rules.js';
import { needsSharing } from './shared-build.js';
import type { Situation } from './situation.js';

/** What is known of a task, what is decided from it, and what it waits for. */
export interface Explanation {
  /** The situation that was decided on; its row has what a reconciliation would first bring up to date. */
  situation: Situation;
  facts: Facts;
  verdict: Verdict;
  cause: Cause;
  wait: Wait;
  limits: TimeLimits;
}

/** Reads that are made only where a decision depends on them. */
interface FurtherReads {
  doubt: AbsenceDoubt;
  /** Whether the running build serves other requests. */
  isShared: (situation: Situation) => Promise<boolean>;
}

/**
 * Explains a situation; changes nothing.
 *
 * @param now epoch seconds
 */
export async function explainSituation(
  observed: Situation,
  rules: Rules,
  settings: ReconcilerSettings,
  now: number,
  { doubt, isShared }: FurtherReads,
): Promise<Explanation> {
  let situation = bringUpToDate(observed, rules, settings, now);
  const decide = () => {
    const facts = rules.factsOf(situation, settings, now);
    return { facts, verdict: rules.decide(facts) };
  };
  let { facts, verdict } = decide();
  if (doubt.matters(situation, facts, verdict, rules.decide)) {
    situation = { ...situation, absenceDoubted: await doubt.isOn() };
    ({ facts, verdict } = decide());
  }
  if (needsSharing(situation, verdict)) {
    situation = { ...situation, shared: await isShared(situation) };
    ({ facts, verdict } = decide());
  }
  return {
    situation,
    facts,
    verdict,
    cause: explainCause(verdict, facts, situation, now),
    wait: explainWait(verdict, facts, situation, settings, now),
    limits: findTimeLimits(situation, settings),
  };
}

function bringUpToDate(
  situation: Situation,
  rules: Rules,
  settings: ReconcilerSettings,
  now: number,
): Situation {
  const { row } = situation;
  const changes = row && rules.catchUp(situation, rules.factsOf(situation, settings, now));
  return changes ? { ...situation, row: { ...row, ...changes } } : situation;
}
