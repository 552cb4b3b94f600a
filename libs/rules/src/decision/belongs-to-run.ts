import type { RequestSnapshot } from '../ports/buildbot.js';
import type { TrackedTask } from '../ports/task-store.js';

/**
 * Whether a request was created for the row's task, and for the row's run or an earlier one. Buildbot reuses ids of build
 * requests after a restore, so a row's id may belong to another task's request; such a request counts as gone.
 */
export function belongsToRun(
  { taskId, runId }: Pick<TrackedTask, 'taskId' | 'runId'>,
  { key }: Pick<RequestSnapshot, 'key'>,
): boolean {
  return key?.taskId === taskId && (key.createdForRunId === null || key.createdForRunId <= runId);
}
