import type { RequestSnapshot } from '../ports/buildbot.js';
import type { TaskStatus } from '../ports/task-queue.js';
import type { TrackedTask } from '../ports/task-store.js';
import { listRunsOfRequest } from './runs.js';

/**
 * Whether a request was created for the row's task, and for a run whose request serves the row's run. Buildbot reuses ids of
 * build requests after a restore, so a row's id may belong to another task's request, or to one of another run; such a
 * request counts as gone.
 *
 * @param status tells which runs these are; without it (or when it lacks the row's run) any run up to the row's
 */
export function belongsToRun(
  { taskId, runId }: Pick<TrackedTask, 'taskId' | 'runId'>,
  { key }: Pick<RequestSnapshot, 'key'>,
  status?: TaskStatus,
): boolean {
  if (key?.taskId !== taskId) return false;
  const { createdForRunId } = key;
  if (createdForRunId === null) return true;
  if (!status?.runs[runId]) return createdForRunId <= runId;
  return listRunsOfRequest(status.runs, runId, true).some((run) => run.runId === createdForRunId);
}
