import {
  catchUp,
  decide,
  type Facts,
  deriveFacts,
  belongsToRun,
  type TrackedTask,
  type Verdict,
} from '@bbb/rules';
import { ACTS } from './acts/index.js';
import type { Act, ReconcilerSettings } from './context.js';
import type { SeenEnds } from './seen-ends.js';
import type { Given } from './situation.js';

/** The decision rules and the acts. Tests replace some with wrong ones, to check that the other tests fail then. */
export interface Rules {
  factsOf: typeof deriveFacts;
  catchUp: typeof catchUp;
  isRequestOf: typeof belongsToRun;
  decide: (facts: Facts) => Verdict;
  acts: Record<Verdict, Act>;
}

export const RULES: Rules = { factsOf: deriveFacts, catchUp, isRequestOf: belongsToRun, decide, acts: ACTS };

/** What a decision depends on besides the facts of the task. */
interface Surroundings {
  rules: Pick<Rules, 'isRequestOf' | 'factsOf' | 'decide' | 'catchUp'>;
  settings: ReconcilerSettings;
  /** Whether this process has the credentials of a row's run. */
  holds: (row: TrackedTask) => boolean;
  ends: SeenEnds;
  /** Epoch seconds by the queue's clock. */
  now: number;
}

/**
 * Whether both sides are known and nothing is to be done about the task, nor to be recorded. False for everything that needs a
 * closer look: what is missing, is being created, or comes with a message.
 */
export function isSettled(given: Given, { rules, settings, holds, ends, now }: Surroundings): boolean {
  const { row, status, request } = given;
  if (!row || row.buildRequestId === null || !status || !request || given.event) return false;
  if (!rules.isRequestOf(row, request, status)) return false;
  const { buildbotUnavailable, absenceDoubted, expectedFor } = given;
  const finishedFor = ends.measure({ taskId: row.taskId, request }, now);
  // Written out: this is done for every row of every pass.
  const seen = {
    row,
    status,
    request,
    buildbotUnavailable,
    absenceDoubted,
    expectedFor,
    finishedFor,
    isHeld: holds(row),
  };
  const facts = rules.factsOf(seen, settings, now);
  return rules.decide(facts) === 'wait' && rules.catchUp(seen, facts) === undefined;
}
