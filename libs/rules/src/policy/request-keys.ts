import { firstRunOfRequest } from '../decision/facts.js';
import type { RequestKey } from '../ports/buildbot.js';
import type { Run, TaskStatus } from '../ports/task-queue.js';

/**
 * The keys under which the request that a run continues may have been created, oldest first. Usually it is one. A
 * rerun may continue lost work, or be a new order because that work's request was cancelled in Buildbot; only
 * Buildbot can tell which.
 */
export function requestKeys(status: TaskStatus, runId: number): RequestKey[] {
  const first = firstRunOfRequest(status.runs, runId);
  if (!first) return [];
  const chain = status.runs.slice(first.runId, runId + 1);
  return chain
    .filter((run) => run === first || run.reasonCreated === 'rerun')
    .map((run) => keyOf(status.taskId, run));
}

function keyOf(taskId: string, { runId, scheduled }: Run): RequestKey {
  return { taskId, createdForRunId: runId, scheduledAt: Math.floor(scheduled) };
}
