import type { Run, TaskStatus } from '../ports/task-queue.js';

/** Reasons for which the queue makes a new run of the same work while retries are left. */
export const LOST = new Set(['claim-expired', 'worker-shutdown', 'intermittent-task']);

/** The latest run of a task, if it has one. */
export function findLatestRun(status: TaskStatus): Run | undefined {
  return status.runs.at(-1);
}

/** The original bridge ended the run of a RETRY as malformed-payload and reran the task, with its request open. */
const RETRIED_BY_ORIGINAL = 'malformed-payload';

/** Whether a run that ended so may be continued by the next one, with its build request. */
function isContinued({ reasonResolved = '' }: Run, byOriginal: boolean): boolean {
  return LOST.has(reasonResolved) || (byOriginal && reasonResolved === RETRIED_BY_ORIGINAL);
}

/**
 * The first run of the chain that `runId` belongs to: runs made because a worker was lost continue their
 * predecessor's work, and so its build request.
 *
 * @param byOriginal the original bridge may have worked on the task, too
 */
export function findFirstRun(runs: readonly Run[], runId: number, byOriginal = false): Run | undefined {
  let first = runs[runId];
  for (let at = runId - 1; first && at >= 0 && isContinued(runs[at]!, byOriginal); at--) first = runs[at];
  return first;
}

/**
 * The runs for which the build request of a run may have been created, oldest first; usually there is one. A rerun may
 * continue the request of a lost run, or need a new one because that request was cancelled; only Buildbot knows which.
 */
export function listRunsOfRequest(runs: readonly Run[], runId: number, byOriginal = false): Run[] {
  const first = findFirstRun(runs, runId, byOriginal);
  if (!first) return [];
  return runs.slice(first.runId, runId + 1).filter((run) => run === first || run.reasonCreated === 'rerun');
}

/** Whether the latest run still belongs to the build request of an earlier run. */
export function continuesRequest(runs: readonly Run[], earlier: number, requestIsOpen: boolean): boolean {
  return runs.slice(earlier, -1).every((run) => isContinued(run, requestIsOpen));
}
