import { judge, findLatestRun, type Pause, type TaskDefinition, type Wait } from '@bbb/rules';
import type { Explanation } from '@bbb/reconciler';
import type { OperationSystems } from './systems.js';

/**
 * What comes of a task for which a build request is to be created: it may be another bridge's, ignored, rejected or paused.
 *
 * @returns undefined when nothing is in its way
 * @throws Unavailable when the builder list cannot be read
 */
export async function judgeCreation(
  { policy, buildbot, taskQueueId }: Pick<OperationSystems, 'policy' | 'buildbot' | 'taskQueueId'>,
  { taskId, status }: Explanation['situation'],
  definition: TaskDefinition | undefined,
  pause: Pause | undefined,
): Promise<Wait | undefined> {
  const run = status && findLatestRun(status);
  if (!definition || !run) return undefined;
  if (definition.taskQueueId !== taskQueueId)
    return {
      for: 'nothing',
      text: `nothing: its task queue is ${definition.taskQueueId}, and this bridge serves ${taskQueueId}`,
    };
  const key = { taskId, createdForRunId: run.runId, scheduledAt: Math.floor(run.scheduled) };
  const judgement = await judge(definition, key, policy, buildbot);
  if (judgement.is === 'ignored')
    return {
      for: 'nothing',
      text: 'nothing: its builder belongs to another installation (ignored_builders)',
    };
  if (judgement.is === 'rejected')
    return { for: 'bridge', text: `the bridge rejects the payload: ${judgement.reasons.join('; ')}` };
  if (pause)
    return {
      for: 'operator',
      text: `an operator resumes the builders ${pause.builders}: buildbot-bridge resume (paused by ${pause.by}: ${pause.reason || 'no reason given'})`,
    };
  return undefined;
}
