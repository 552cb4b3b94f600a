import { findFirstRun } from '../decision/runs.js';
import type { RequestKey } from '../ports/buildbot.js';
import type { Run, TaskStatus } from '../ports/task-queue.js';

/**
 * The keys under which the build request of a run may have been created, oldest first; usually there is one. A rerun may
 * continue the request of a lost run, or need a new one because that request was cancelled; only Buildbot knows which.
 */
export function requestKeys(status: TaskStatus, runId: number): RequestKey[] {
  const first = findFirstRun(status.runs, runId);
  if (!first) return [];
  const chain = status.runs.slice(first.runId, runId + 1);
  return chain
    .filter((run) => run === first || run.reasonCreated === 'rerun')
    .map((run) => createKey(status.taskId, run));
}

function createKey(taskId: string, { runId, scheduled }: Run): RequestKey {
  return { taskId, createdForRunId: runId, scheduledAt: Math.floor(scheduled) };
}
