import { Refused, type TaskDefinition, type TaskStatus, Unavailable } from '@bbb/rules';
import { QueueRefusal, type WireStatus, type WireTask } from '../../../sandbox/taskcluster/index.js';

export const SYSTEM = 'taskcluster';

/** Runs a call, and says its refusal in the port's words. */
export function translating<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof QueueRefusal)) throw error;
    if (error.status >= 500) throw new Unavailable(SYSTEM, error.message);
    throw new Refused(SYSTEM, error.status, error.code, error.message);
  }
}

export const seconds = (time: string) => Date.parse(time) / 1000;

export function statusOf({
  taskId,
  taskQueueId,
  state,
  deadline,
  retriesLeft,
  runs,
}: WireStatus): TaskStatus {
  return {
    taskId,
    taskQueueId,
    state,
    deadline: seconds(deadline),
    retriesLeft,
    runs: runs.map(({ takenUntil, scheduled, started: _started, resolved, ...run }) => ({
      ...run,
      scheduled: seconds(scheduled),
      ...(takenUntil === undefined ? {} : { takenUntil: seconds(takenUntil) }),
      ...(resolved === undefined ? {} : { resolved: seconds(resolved) }),
    })),
  };
}

export function definitionOf({
  taskQueueId,
  priority,
  created,
  expires,
  scopes,
  payload,
}: WireTask): TaskDefinition {
  return { taskQueueId, priority, created: seconds(created), expires, scopes, payload };
}
