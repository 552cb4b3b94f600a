import type { DecisionSettings, Run, TaskStatus, TrackedTask } from '@bbb/rules';

/**
 * The status that a row speaks of, for acts that Taskcluster fences by (taskId, runId): if the row is behind, the
 * act is refused and the real status is read.
 */
export function believedStatus(row: TrackedTask, { worker }: DecisionSettings): TaskStatus {
  const earlier = Array.from({ length: row.runId }, (_, runId): Run => ({
    runId,
    state: 'exception',
    reasonCreated: 'scheduled',
    scheduled: 0,
  }));
  const run: Run =
    row.takenUntil === null
      ? { runId: row.runId, state: 'pending', reasonCreated: 'scheduled', scheduled: 0 }
      : {
          runId: row.runId,
          state: 'running',
          reasonCreated: 'scheduled',
          scheduled: 0,
          takenUntil: row.takenUntil,
          ...worker,
        };
  return {
    taskId: row.taskId,
    taskQueueId: '',
    state: run.state,
    deadline: Number.POSITIVE_INFINITY,
    retriesLeft: 0,
    runs: [...earlier, run],
  };
}
