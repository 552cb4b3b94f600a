import { firstRunOfOrder } from '../decision/facts.js';
import type { OrderKey } from '../ports/buildbot.js';
import type { Run, TaskStatus } from '../ports/task-queue.js';

/**
 * The keys under which the request that a run continues may have been created, oldest first. Usually it is one. A
 * rerun may continue lost work, or be a new order because that work's request was cancelled in Buildbot; only
 * Buildbot can tell which.
 */
export function orderKeys(status: TaskStatus, runId: number): OrderKey[] {
  const first = firstRunOfOrder(status.runs, runId);
  if (!first) return [];
  const chain = status.runs.slice(first.runId, runId + 1);
  return chain
    .filter((run) => run === first || run.reasonCreated === 'rerun')
    .map((run) => keyOf(status.taskId, run));
}

function keyOf(taskId: string, { runId, scheduled }: Run): OrderKey {
  return { taskId, createdForRunId: runId, submittedAt: Math.floor(scheduled) };
}
