import {
  type RequestKey,
  type RequestSpec,
  type TrackedTask,
  judge,
  findLatestRun,
  UnfitValue,
} from '@bbb/rules';
import { decideWith, DONE, type Next, OBSERVE_AGAIN, type Situation } from '../situation.js';
import { findRequestKey } from '../find-request-key.js';
import { type Act, type ActContext, requireRow } from '../context.js';
import { endRejected } from './end-rejected.js';

/**
 * Creates the build request of a pending run: first the row (the intent), then the request, then its id in the row. After
 * an interruption at any point the same request is found again by its key.
 */
export const createRequest: Act = async (situation, context) => {
  const { taskId, status } = situation;
  const run = status && findLatestRun(status);
  // A definition may be large: it is read only of a task that needs it.
  if (!run || status.taskQueueId !== context.settings.taskQueueId) return DONE;
  const key = await findRequestKey(status, run.runId, context.buildbot);
  const definition = situation.definition ?? (await context.queue.readDefinition(taskId));
  if (!key || definition?.taskQueueId !== context.settings.taskQueueId) return DONE;

  const judgement = await judge(definition, key, context.settings.policy, context.buildbot);
  if (judgement.is === 'ignored') {
    context.ignored.note(taskId, (definition.payload as { buildername?: unknown } | null)?.buildername);
    if (situation.row) await context.store.forget(situation.row);
    return DONE;
  }

  if (judgement.is === 'accepted' && (await context.pauses.find(judgement.spec.buildername)))
    return situation.row ? recordFound(situation, key, context) : DONE;
  // The task stays pending and untracked; each pass lists it again.
  const isNew = judgement.is === 'accepted' && !situation.row;
  if (isNew && !(await context.buildbot.hasRoomFor(judgement.spec.buildername))) return DONE;

  await context.queue.checkScopes({ taskId, runId: run.runId }, definition.scopes);
  const tracking = { taskId, runId: run.runId, createdDate: Math.floor(definition.created) };
  const { task: row, created } = situation.row
    ? { task: situation.row, created: true }
    : await context.store.track(tracking);
  if (!created) return OBSERVE_AGAIN;
  if (judgement.is === 'rejected') return endRejected({ ...situation, row }, judgement.reasons, context);

  const outcome = await createUnlessUnfit(judgement.spec, row, context);
  if (outcome instanceof UnfitValue)
    return endRejected({ ...situation, row }, [`payload: ${outcome.message}`], context);
  const buildRequestId = outcome;
  if (buildRequestId === undefined) return OBSERVE_AGAIN;
  const processedDate = Math.floor(context.clock.now());
  const recorded = await context.store.change(row, { buildRequestId, processedDate });
  if (!recorded) return OBSERVE_AGAIN;

  const { buildername } = judgement.spec;
  context.decided({ ...situation, row: recorded }, 'build request created', { buildername });
  context.telemetry.count('build_requests_created_total');
  context.telemetry.observe('pending_to_request_seconds', Math.max(0, context.clock.now() - run.scheduled));
  // After an interrupted creation, the request may already have been built.
  return situation.row ? OBSERVE_AGAIN : DONE;
};

/** Returns the error for a payload with a value that Buildbot's database cannot hold, such as a character of a name. */
async function createUnlessUnfit(
  spec: RequestSpec,
  row: TrackedTask,
  { buildbot, store }: ActContext,
): Promise<number | undefined | UnfitValue> {
  try {
    return await buildbot.create(spec, async () => {
      const now = await store.get(spec.taskId);
      // The run id too: a row that was deleted and tracked again for a rerun starts at the first revision.
      return now?.rev === row.rev && now.runId === row.runId;
    });
  } catch (error) {
    if (error instanceof UnfitValue) return error;
    throw error;
  }
}

/** While its builder is paused: records the request of an interrupted creation if it exists, and creates none. */
async function recordFound(situation: Situation, key: RequestKey, context: ActContext): Promise<Next> {
  const buildRequestId = await context.buildbot.find(key);
  if (buildRequestId === undefined) return DONE;
  const processedDate = Math.floor(context.clock.now());
  await context.store.change(requireRow(situation), { buildRequestId, processedDate });
  return OBSERVE_AGAIN;
}

/** Handles a claimed run without a recorded request: the rejection of its payload was interrupted, or the request exists. */
export const reject: Act = async (situation, context) => {
  const { taskId, status, row } = situation;
  const run = status && findLatestRun(status);
  const key = run && (await findRequestKey(status, run.runId, context.buildbot));
  const definition = situation.definition ?? (await context.queue.readDefinition(taskId));
  if (!key || !definition || !row) return DONE;

  const judgement = await judge(definition, key, context.settings.policy, context.buildbot);
  if (judgement.is === 'rejected') return endRejected(situation, judgement.reasons, context);

  const found = await recordFound(situation, key, context);
  if (found.then !== 'done') return found;
  const ended = await context.queue.report(
    { taskId, runId: run.runId, wasHeld: true },
    { report: 'exception', reason: 'worker-shutdown' },
  );
  context.decided(situation, 'released claimed run: no build request exists', {}, 'warn');
  return decideWith(situation, { status: ended });
};
