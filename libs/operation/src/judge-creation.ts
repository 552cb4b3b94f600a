import {
  judge,
  findLatestRun,
  type Pause,
  Refused,
  type RunRef,
  type TaskDefinition,
  type Wait,
} from '@bbb/rules';
import type { Explanation } from '@bbb/reconciler';
import type { OperationSystems } from './systems.js';

/**
 * What comes of a task for which a build request is to be created: it may be another bridge's, ignored, rejected or paused,
 * its builder may have no room, or its run could be claimed and then not be acted on.
 *
 * @returns undefined when nothing is in its way
 * @throws Unavailable when the builder list or Taskcluster cannot be read
 */
export async function judgeCreation(
  {
    policy,
    buildbot,
    queue,
    taskQueueId,
  }: Pick<OperationSystems, 'policy' | 'buildbot' | 'queue' | 'taskQueueId'>,
  { taskId, status, row }: Explanation['situation'],
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
  const missingScopes = await findMissingScopes(queue, { taskId, runId: run.runId }, definition);
  if (missingScopes !== undefined) return { for: 'operator', text: missingScopes };
  if (judgement.is === 'rejected')
    return { for: 'bridge', text: `the bridge rejects the payload: ${judgement.reasons.join('; ')}` };
  if (pause)
    return {
      for: 'operator',
      text: `an operator resumes the builders ${pause.builders}: buildbot-bridge resume (paused by ${pause.by}: ${pause.reason || 'no reason given'})`,
    };
  // A creation that was interrupted goes on without room: its request may exist.
  if (!row && !(await buildbot.hasRoomFor(judgement.spec.buildername)))
    return {
      for: 'buildbot',
      text: 'Buildbot finishes open build requests of the builder, which has buildbot.max_open_per_builder of them',
    };
  return undefined;
}

/** Why the run is not claimed, with the remedy, which the owner of the task can see nowhere in Taskcluster. */
async function findMissingScopes(
  queue: OperationSystems['queue'],
  run: RunRef,
  { scopes }: TaskDefinition,
): Promise<string | undefined> {
  try {
    await queue.checkScopes(run, scopes);
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}
