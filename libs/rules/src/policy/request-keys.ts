import { listRunsOfRequest } from '../decision/runs.js';
import type { RequestKey } from '../ports/buildbot.js';
import type { Run, TaskStatus } from '../ports/task-queue.js';

/** The keys under which the build request of a run may have been created, oldest first. */
export function requestKeys(status: TaskStatus, runId: number): RequestKey[] {
  return listRunsOfRequest(status.runs, runId).map((run) => createKey(status.taskId, run));
}

function createKey(taskId: string, { runId, scheduled }: Run): RequestKey {
  return { taskId, createdForRunId: runId, scheduledAt: Math.floor(scheduled) };
}
