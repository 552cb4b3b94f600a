import { decide, type Verdict } from './decide.js';
import { computeReclaimTime, type Facts } from './facts.js';
import type { DecisionSettings, Observation } from './observation.js';
import { findLatestRun } from './runs.js';

/**
 * What a task waits for:
 * nothing     - the bridge has nothing to do with it
 * bridge      - the bridge: it acts with the next message or pass
 * worker      - a worker in Buildbot that takes the build request
 * build       - the end of the build
 * message     - the build's end message, which has its artifacts
 * buildbot    - Buildbot, to complete or cancel the build request, to have room for it, or to be available again
 * taskcluster - Taskcluster, to resolve the task, or to be available again
 * grace       - the end of a grace period: one side is missing
 * operator    - an operator: builders are paused, or too many tasks are missing
 */
export const WAITS = [
  'nothing',
  'bridge',
  'worker',
  'build',
  'message',
  'buildbot',
  'taskcluster',
  'grace',
  'operator',
] as const;
export type WaitFor = (typeof WAITS)[number];

/** What a task waits for, in words for an operator. */
export interface Wait {
  for: WaitFor;
  text: string;
  /** Epoch seconds at which the bridge waits no longer; absent when there is no limit. */
  until?: number;
}

/** What the bridge does next, by verdict. */
const ACTS: Readonly<Partial<Record<Verdict, string>>> = {
  'create-request': 'the bridge creates the build request',
  adopt: 'the bridge tracks the claimed run again',
  withdraw: 'the bridge gives up the creation of the build request',
  reject: 'the bridge finishes the rejection of the payload, or records the build request',
  claim: 'the bridge claims the run',
  reclaim: 'the bridge reclaims the run',
  retry: 'the bridge resolves the run as worker-shutdown; another run follows',
  rerun: 'the bridge reruns the task',
  resolve: 'the bridge attaches the artifacts and reports the result',
  abandon: 'the bridge resolves the run as internal-error',
  'recreate-request': 'the bridge creates the build request again',
  'cancel-task': 'the bridge cancels the task',
  forget: 'the bridge forgets the task',
};

/**
 * Explains what a task waits for. Pure.
 *
 * @param now epoch seconds
 */
export function explainWait(
  verdict: Verdict,
  facts: Facts,
  seen: Observation,
  settings: DecisionSettings,
  now: number,
): Wait {
  switch (verdict) {
    case 'ignore':
      return { for: 'nothing', text: 'nothing: no run is pending, and the bridge does not track the task' };
    case 'wait':
      return explainIdle(facts, seen, settings);
    case 'cancel-request':
      return {
        for: 'buildbot',
        text: 'Buildbot cancels the build request; the bridge asks until it is done',
      };
    case 'note-missing':
      return {
        for: 'grace',
        text: `${facts.run === 'absent' ? 'the task is missing from Taskcluster' : 'the build request is missing from Buildbot'}; believed after reflector.missing_grace`,
        until: (seen.row?.missingSince ?? now) + settings.missingGrace,
      };
    default:
      return { for: 'bridge', text: `${ACTS[verdict]}, with the next message or pass` };
  }
}

function explainIdle(facts: Facts, seen: Observation, settings: DecisionSettings): Wait {
  if (facts.absenceDoubted && decide({ ...facts, absenceDoubted: false }) !== 'wait')
    return {
      for: 'operator',
      text: 'too many tracked tasks are missing at once; an operator confirms it: buildbot-bridge missing confirm',
    };
  if (facts.request === 'unavailable')
    return { for: 'buildbot', text: 'Buildbot is unavailable; claims are still reclaimed' };
  if (facts.run === 'foreign') return { for: 'taskcluster', text: 'another worker has claimed the run' };
  if (facts.deadlinePassed && (facts.run === 'pending' || facts.run === 'running'))
    return { for: 'taskcluster', text: 'Taskcluster resolves the task: its deadline has passed' };
  return explainRequest(facts, seen, settings);
}

function explainRequest(facts: Facts, { request }: Observation, settings: DecisionSettings): Wait {
  const state = request?.state;
  switch (facts.request) {
    case 'waiting':
      return { for: 'worker', text: 'a worker in Buildbot takes the build request' };
    case 'requeued':
      return { for: 'worker', text: 'a worker in Buildbot builds the request again (RETRY)' };
    case 'building':
    case 'rebuilding':
      return {
        for: 'build',
        text: facts.shared ? 'the build ends; it also serves other build requests' : 'the build ends',
      };
    case 'finishing':
    case 'stuck':
      return {
        for: 'buildbot',
        text: 'the build has ended; its master completes the build request',
        ...(state?.at === 'finishing' && state.since !== null
          ? { until: state.since + settings.stuckGrace }
          : {}),
      };
    case 'finished':
      return {
        for: 'message',
        text: 'the end message of the build arrives; without it the reflector reports the result',
        ...(state?.at === 'finished' && state.completeAt !== null
          ? { until: state.completeAt + settings.finishedGrace }
          : {}),
      };
    default:
      return { for: 'bridge', text: 'the next message or pass' };
  }
}

/** Times at which something about a task ends, in epoch seconds; null where nothing of the kind is known. */
export interface TimeLimits {
  deadline: number | null;
  /** End of the claim. */
  claimedUntil: number | null;
  /** From then on a pass reclaims the run. */
  reclaimedFrom: number | null;
}

/** The time limits of a task. Pure. */
export function findTimeLimits({ row, status }: Observation, settings: DecisionSettings): TimeLimits {
  const run = status && findLatestRun(status);
  const claimedUntil = run?.state === 'running' ? (run.takenUntil ?? row?.takenUntil ?? null) : null;
  return {
    deadline: status?.deadline ?? null,
    claimedUntil,
    reclaimedFrom:
      claimedUntil === null || !row
        ? null
        : computeReclaimTime(claimedUntil, row.taskId, settings.reclaimWindow),
  };
}
