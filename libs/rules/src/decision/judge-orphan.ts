import type { BuilderPolicy } from '../policy/builder-policy.js';
import type { MarkedRequest, RequestSnapshot } from '../ports/buildbot.js';
import type { TaskStatus } from '../ports/task-queue.js';

/** Whose an open build request without a row is: this bridge's, with the run that it serves, or not. */
export type OrphanJudgement = { is: 'own'; runId: number } | { is: 'foreign'; reason: string };

/**
 * Judges an open build request that no row knows. Another installation may use the same scheduler database; its requests are
 * left alone. Pure.
 */
export function judgeOrphan(
  orphan: MarkedRequest,
  status: TaskStatus | undefined,
  request: RequestSnapshot | undefined,
  { policy, taskQueueId }: { policy: BuilderPolicy; taskQueueId: string },
): OrphanJudgement {
  if (status?.taskQueueId !== taskQueueId)
    return {
      is: 'foreign',
      reason:
        'the build request belongs to a task of another task queue, or of no task that Taskcluster knows',
    };
  if (request?.key?.taskId !== orphan.taskId)
    return { is: 'foreign', reason: 'the build request is gone, or it is not of this task' };
  if (policy.judge(request.buildername, []).is === 'ignored')
    return { is: 'foreign', reason: 'its builder belongs to another installation (ignored_builders)' };
  return { is: 'own', runId: chooseRun(orphan, status) };
}

/** The run that a request serves: from its property, otherwise the run scheduled in the second of its submission. */
function chooseRun({ createdForRunId, createdAt }: MarkedRequest, { runs }: TaskStatus): number {
  if (createdForRunId !== null) return createdForRunId;
  const same = runs.find(({ scheduled }) => Math.floor(scheduled) === createdAt);
  return same?.runId ?? Math.max(0, runs.length - 1);
}
