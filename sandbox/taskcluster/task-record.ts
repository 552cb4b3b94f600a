import { isoTime, type WireRun, type WireRunState, type WireStatus, type WireTask } from './wire.js';

/** A run as the queue remembers it. Times are epoch milliseconds. */
export interface RunRecord {
  state: WireRunState;
  reasonCreated: string;
  reasonResolved?: string;
  workerGroup?: string;
  workerId?: string;
  takenUntil?: number;
  scheduled: number;
  started?: number;
  resolved?: number;
}

export interface TaskRecord {
  taskId: string;
  /** Order of creation or of the last new run, for paging through lists. */
  sequence: number;
  definition: WireTask;
  deadline: number;
  expires: number;
  retriesLeft: number;
  runs: RunRecord[];
}

export function latestRun(task: TaskRecord): RunRecord | undefined {
  return task.runs[task.runs.length - 1];
}

export function stateOf(task: TaskRecord): WireStatus['state'] {
  return latestRun(task)?.state ?? 'unscheduled';
}

export function isOpen(task: TaskRecord): boolean {
  const state = stateOf(task);
  return state === 'unscheduled' || state === 'pending' || state === 'running';
}

export function statusOf(task: TaskRecord): WireStatus {
  const { definition } = task;
  return {
    taskId: task.taskId,
    provisionerId: definition.provisionerId,
    workerType: definition.workerType,
    taskQueueId: definition.taskQueueId,
    schedulerId: definition.schedulerId,
    projectId: definition.projectId,
    taskGroupId: definition.taskGroupId,
    priority: definition.priority,
    deadline: definition.deadline,
    expires: definition.expires,
    retriesLeft: task.retriesLeft,
    state: stateOf(task),
    runs: task.runs.map(wireRun),
  };
}

function wireRun(run: RunRecord, runId: number): WireRun {
  const wire: WireRun = {
    runId,
    state: run.state,
    reasonCreated: run.reasonCreated,
    scheduled: isoTime(run.scheduled),
  };
  if (run.reasonResolved !== undefined) wire.reasonResolved = run.reasonResolved;
  if (run.workerGroup !== undefined) wire.workerGroup = run.workerGroup;
  if (run.workerId !== undefined) wire.workerId = run.workerId;
  if (run.takenUntil !== undefined) wire.takenUntil = isoTime(run.takenUntil);
  if (run.started !== undefined) wire.started = isoTime(run.started);
  if (run.resolved !== undefined) wire.resolved = isoTime(run.resolved);
  return wire;
}
