import type { Run, TaskStatus } from '../ports/task-queue.js';

/** Reasons for which the queue makes a new run of the same work while retries are left. */
export const LOST = new Set(['claim-expired', 'worker-shutdown', 'intermittent-task']);

/** The latest run of a task, if it has one. */
export function findLatestRun(status: TaskStatus): Run | undefined {
  return status.runs.at(-1);
}

/**
 * The first run of the chain that `runId` belongs to: runs made because a worker was lost continue their
 * predecessor's work, and so its build request.
 */
export function findFirstRun(runs: readonly Run[], runId: number): Run | undefined {
  let first = runs[runId];
  while (first && first.runId > 0 && LOST.has(runs[first.runId - 1]?.reasonResolved ?? ''))
    first = runs[first.runId - 1];
  return first;
}

/** Whether the latest run still belongs to the build request of an earlier run. */
export function continuesRequest(runs: readonly Run[], earlier: number, requestIsOpen: boolean): boolean {
  return runs.slice(earlier, -1).every(({ reasonResolved = '' }) => {
    // The original bridge ended the run of a RETRY as malformed-payload and reran the task, with its request open.
    return LOST.has(reasonResolved) || (requestIsOpen && reasonResolved === 'malformed-payload');
  });
}
