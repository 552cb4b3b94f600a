import type { RequestState } from '../ports/buildbot.js';
import type { Run, TaskStatus } from '../ports/task-queue.js';
import { classifyResults } from '../results.js';
import { isEndMessage, isLeftToMessage } from './build-messages.js';
import type { DecisionSettings, Observation } from './observation.js';
import { continuesRequest, findLatestRun, LOST } from './runs.js';
import { computeJitter } from './stable-jitter.js';

/**
 * State of the task's latest run in Taskcluster:
 * absent      - the queue does not know the task
 * unscheduled - no run yet
 * pending     - waits for a worker
 * running     - claimed by the bridge
 * foreign     - claimed by another worker
 * lost        - ended because its worker was lost (claim-expired, worker-shutdown, intermittent-task), and the
 *               queue made no new run: no retries are left
 * ended       - completed, failed, canceled, past its deadline, or another exception
 */
export const RUN_FACTS = ['absent', 'unscheduled', 'pending', 'running', 'foreign', 'lost', 'ended'] as const;
export type RunFact = (typeof RUN_FACTS)[number];

/**
 * State of the task's build request:
 * untracked  - the bridge has no row of the task
 * creating   - a row, but no request is recorded: its creation is in progress, or was interrupted
 * waiting    - open, no build yet
 * building   - its newest build runs, and the run is claimed for that build or for none yet
 * rebuilding - its newest build runs, but the run is claimed for an earlier one, which therefore ended in RETRY
 * finishing  - open, its newest build has just ended
 * stuck      - open and claimed long after its newest build ended: its master has lost it until the next start
 * requeued   - open and unclaimed after a build: RETRY
 * dropped    - complete without a finished build, although it was not cancelled: it will be created again
 * cancelled  - complete without a result of its own: cancelled in Buildbot
 * finished   - complete with a result
 * gone       - recorded, but Buildbot does not know it
 * unavailable - recorded, but Buildbot is unavailable
 */
export const REQUEST_FACTS = [
  'untracked',
  'creating',
  'waiting',
  'building',
  'rebuilding',
  'finishing',
  'stuck',
  'requeued',
  'dropped',
  'cancelled',
  'finished',
  'gone',
  'unavailable',
] as const;
export type RequestFact = (typeof REQUEST_FACTS)[number];

/** Everything a decision depends on, and nothing else. */
export interface Facts {
  run: RunFact;
  request: RequestFact;
  /** A user reran the task after the row's own run had ended: the latest run does not belong to the row. */
  superseded: boolean;
  /** Claims, reclaims, cancels and reruns are refused from the deadline on; reports are not. */
  deadlinePassed: boolean;
  /** The claim ends within the reclaim window. */
  claimDue: boolean;
  /** The result may be reported: the build's end message has arrived, or the grace period for it is over. */
  reportDue: boolean;
  /** Taskcluster would make another run (at most 50). */
  runsLeft: boolean;
  /** The missing side has been missing for the grace period. */
  missingSettled: boolean;
  /** So much is missing at once that no absence is believed. */
  absenceDoubted: boolean;
  /** Other live requests are served by the build that runs. */
  shared: boolean;
}

const MAX_RUNS = 50;

/**
 * A process without the run's credentials would have to claim the run again before it could reclaim it. It leaves the
 * reclaim to the process that has them until only this share of the window is left.
 */
const OTHERS_SHARE = 0.9;

/** Claims that began together are reclaimed over this share of the window, the earliest that much before it. */
const JITTER = 0.1;

function isSuperseded({ row, status }: Observation, requestIsOpen: boolean): boolean {
  if (!row || !status || status.runs.length - 1 <= row.runId) return false;
  return !continuesRequest(status.runs, row.runId, requestIsOpen);
}

/** Turns an observation into the facts that a decision depends on. Pure; `now` in epoch seconds. */
export function deriveFacts(seen: Observation, settings: DecisionSettings, now: number): Facts {
  const { row, status } = seen;
  const run = status && findLatestRun(status);
  const request = requestFact(seen, run, settings, now);
  const requestIsOpen = ['waiting', 'building', 'rebuilding', 'finishing', 'stuck', 'requeued'].includes(
    request,
  );
  const superseded = isSuperseded(seen, requestIsOpen);
  const takenUntil = run?.takenUntil ?? row?.takenUntil ?? 0;
  const window = settings.reclaimWindow * (seen.isHeld === false ? OTHERS_SHARE : 1);
  return {
    run: runFact(status, run, settings),
    request: !superseded && isLeftToMessage(seen, settings) ? findEarlierFact(request) : request,
    superseded,
    deadlinePassed: status !== undefined && now >= status.deadline,
    claimDue: now > computeReclaimTime(takenUntil, row?.taskId ?? '', window),
    reportDue: reportDue(seen, settings, now),
    runsLeft: (status?.runs.length ?? 0) < MAX_RUNS,
    missingSettled: row?.missingSince != null && now - row.missingSince >= settings.missingGrace,
    absenceDoubted: seen.absenceDoubted ?? false,
    shared: seen.shared ?? false,
  };
}

/** Epoch seconds after which a claim is due to be reclaimed; differs a little by task. */
export function computeReclaimTime(takenUntil: number, taskId: string, reclaimWindow: number): number {
  return takenUntil - reclaimWindow * (1 + JITTER * computeJitter(taskId));
}

function runFact(
  status: TaskStatus | undefined,
  run: Run | undefined,
  { worker }: DecisionSettings,
): RunFact {
  if (!status) return 'absent';
  if (!run) return 'unscheduled';
  switch (run.state) {
    case 'pending':
      return 'pending';
    case 'running':
      return run.workerGroup === worker.workerGroup && run.workerId === worker.workerId
        ? 'running'
        : 'foreign';
    case 'exception':
      return LOST.has(run.reasonResolved ?? '') ? 'lost' : 'ended';
    case 'completed':
    case 'failed':
      return 'ended';
  }
}

function requestFact(
  { row, request, buildbotUnavailable }: Observation,
  run: Run | undefined,
  { stuckGrace }: DecisionSettings,
  now: number,
): RequestFact {
  if (!row) return 'untracked';
  if (row.buildRequestId === null) return 'creating';
  if (!request) return buildbotUnavailable ? 'unavailable' : 'gone';
  const { state } = request;
  switch (state.at) {
    case 'building':
      return run?.runId === row.runId && row.buildId !== null && row.buildId !== state.build.buildId
        ? 'rebuilding'
        : 'building';
    case 'finished':
      return classifyResults(state.results) === 'cancelled' ? 'cancelled' : 'finished';
    case 'finishing':
      return isStuck(state, stuckGrace, now) ? 'stuck' : 'finishing';
    case 'waiting':
    case 'requeued':
    case 'dropped':
    case 'cancelled':
      return state.at;
  }
}

/** The request as it was before the change that a message will announce. */
function findEarlierFact(request: RequestFact): RequestFact {
  switch (request) {
    case 'building':
    case 'creating':
      return 'waiting';
    case 'requeued':
    case 'rebuilding':
    case 'finished':
      return 'finishing';
    default:
      return request;
  }
}

/** Whether a master has lost a request: it still claims it so many seconds after the end of its build. */
export function isStuck(state: RequestState, grace: number, now: number): boolean {
  return state.at === 'finishing' && state.since !== null && now - state.since >= grace;
}

function reportDue(
  { request, event, finishedFor }: Observation,
  { finishedGrace }: DecisionSettings,
  now: number,
): boolean {
  if (request?.state.at !== 'finished') return false;
  const { build, completeAt } = request.state;
  if (event && isEndMessage(event, build)) return true;
  return (finishedFor ?? (completeAt === null ? Infinity : now - completeAt)) >= finishedGrace;
}
