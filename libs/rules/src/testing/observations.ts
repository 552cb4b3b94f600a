import type { DecisionSettings, Observation } from '../decision/observation.js';
import type { RequestSnapshot, RequestSpec, RequestState } from '../ports/buildbot.js';
import type { Run, TaskStatus } from '../ports/task-queue.js';
import type { TrackedTask } from '../ports/task-store.js';

/** The time of every observation made here, in epoch seconds. */
export const NOW = 1_500_000_000;

export const OURS = { workerGroup: 'buildbot-bridge', workerId: 'bridge-1' };

export const SETTINGS: DecisionSettings = {
  worker: OURS,
  reclaimWindow: 600,
  messageGrace: 0,
  finishedGrace: 600,
  missingGrace: 300,
  stuckGrace: 600,
};

/** A run in short form: its state, or the reason for which it was resolved. */
export type RunSketch = 'pending' | 'running' | 'foreign' | 'completed' | 'failed' | (string & {});

export function run(runId: number, sketch: RunSketch): Run {
  const made = {
    runId,
    reasonCreated: runId === 0 ? 'scheduled' : 'retry',
    scheduled: NOW - 5000 + runId * 100,
  };
  switch (sketch) {
    case 'pending':
      return { ...made, state: 'pending' };
    case 'running':
      return { ...made, state: 'running', takenUntil: NOW + 1200, ...OURS };
    case 'foreign':
      return { ...made, state: 'running', takenUntil: NOW + 1200, workerGroup: 'x', workerId: 'y' };
    case 'completed':
      return { ...made, state: 'completed', reasonResolved: sketch };
    case 'failed':
      return { ...made, state: 'failed', reasonResolved: sketch };
    default:
      return { ...made, state: 'exception', reasonResolved: sketch };
  }
}

/** A status whose runs are these, in order; with none the task is unscheduled. */
export function status(...sketches: RunSketch[]): TaskStatus {
  const runs = sketches.map((sketch, runId) => run(runId, sketch));
  return {
    taskId: 'task',
    taskQueueId: 'p/w',
    state: runs.at(-1)?.state ?? 'unscheduled',
    deadline: NOW + 10_000,
    retriesLeft: 5,
    runs,
  };
}

export function row(changes: Partial<TrackedTask> = {}): TrackedTask {
  return {
    taskId: 'task',
    runId: 0,
    buildRequestId: 7,
    buildId: null,
    createdDate: null,
    processedDate: null,
    takenUntil: null,
    missingSince: null,
    rev: 1,
    ...changes,
  };
}

export const FIRST = { buildId: 81, number: 105 };
export const SECOND = { buildId: 92, number: 106 };

export const STATES = {
  waiting: { at: 'waiting' },
  building: { at: 'building', build: FIRST },
  finishing: { at: 'finishing', build: FIRST, since: null },
  dropped: { at: 'dropped', build: null },
  requeued: { at: 'requeued', build: FIRST },
  cancelled: { at: 'cancelled', completeAt: NOW - 5 },
  finished: { at: 'finished', build: FIRST, results: 0, completeAt: NOW - 5 },
} as const satisfies Record<string, RequestState>;

export function request(state: RequestState): RequestSnapshot {
  const key = { taskId: 'task', createdForRunId: 0 };
  return { buildRequestId: 7, key, buildername: 'Linux build', state };
}

/** A tracked task with this state of its request, and these runs. */
export function seen(
  state: RequestState,
  sketches: RunSketch[],
  changes: Partial<TrackedTask> = {},
): Observation {
  return { row: row(changes), request: request(state), status: status(...sketches) };
}

/** What the bridge asks of Buildbot for run 0 of a task. */
export function createRequestSpec(changes: Partial<RequestSpec> = {}): RequestSpec {
  return {
    taskId: 'f3DnZ0QnQqWl0cH1Cq9vLw',
    createdForRunId: 0,
    scheduledAt: 1494586000,
    buildername: 'Linux x86-64 mozilla-central build',
    branch: 'projects/ash',
    revision: null,
    repository: '',
    project: '',
    properties: { product: 'firefox' },
    priority: 0,
    ...changes,
  };
}
