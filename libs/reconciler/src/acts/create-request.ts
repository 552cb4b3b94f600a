import { type RequestSpec, judge, findLatestRun } from '@bbb/rules';
import { DONE, OBSERVE_AGAIN, decideWith } from '../situation.js';
import { findRequestKey } from '../find-request-key.js';
import type { Act } from '../context.js';
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
    if (situation.row) await context.store.forget(situation.row);
    return DONE;
  }

  // The task stays pending and untracked; each pass lists it again.
  const isNew = judgement.is === 'accepted' && !situation.row;
  if (isNew && !(await context.buildbot.hasRoomFor(judgement.spec.buildername))) return DONE;

  const tracking = { taskId, runId: run.runId, createdDate: Math.floor(definition.created) };
  const { task: row, created } = situation.row
    ? { task: situation.row, created: true }
    : await context.store.track(tracking);
  if (!created) return OBSERVE_AGAIN;
  if (judgement.is === 'rejected') return endRejected({ ...situation, row }, judgement.reasons, context);

  const buildRequestId = await context.buildbot.create(judgement.spec, async () => {
    const now = await context.store.get(taskId);
    // The run id too: a row that was deleted and tracked again for a rerun starts at the first revision.
    return now?.rev === row.rev && now.runId === row.runId;
  });
  if (buildRequestId === undefined) return OBSERVE_AGAIN;
  const processedDate = Math.floor(context.clock.now());
  const recorded = await context.store.change(row, { buildRequestId, processedDate });
  if (!recorded) return OBSERVE_AGAIN;

  context.logger.log(logFields(judgement.spec, buildRequestId), 'build request created');
  context.telemetry.count('build_requests_created_total');
  context.telemetry.observe('pending_to_request_seconds', Math.max(0, context.clock.now() - run.scheduled));
  // After an interrupted creation, the request may already have been built.
  return situation.row ? OBSERVE_AGAIN : DONE;
};

function logFields(spec: RequestSpec, buildRequestId: number) {
  const { taskId, createdForRunId, buildername } = spec;
  return { taskId, runId: createdForRunId, buildRequestId, buildername };
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

  const buildRequestId = await context.buildbot.find(key);
  if (buildRequestId !== undefined) {
    await context.store.change(row, {
      buildRequestId,
      processedDate: Math.floor(context.clock.now()),
    });
    return OBSERVE_AGAIN;
  }
  const ended = await context.queue.report(
    { taskId, runId: run.runId, wasHeld: true },
    { report: 'exception', reason: 'worker-shutdown' },
  );
  context.logger.warn(
    { taskId, runId: run.runId, ...situation.cause },
    'released claimed run: no build request exists',
  );
  return decideWith(situation, { status: ended });
};
