import type { RequestSnapshot } from '../ports/buildbot.js';
import type { TrackedTask } from '../ports/task-store.js';

/**
 * Whether a request was made for the row's task, and for the row's run or an earlier one. Ids of build requests are
 * given out again after a restore, so that a row's id may name a stranger's request; such a request counts as gone.
 */
export function isRequestOf(
  { taskId, runId }: Pick<TrackedTask, 'taskId' | 'runId'>,
  { key }: Pick<RequestSnapshot, 'key'>,
): boolean {
  return key?.taskId === taskId && (key.createdForRunId === null || key.createdForRunId <= runId);
}
