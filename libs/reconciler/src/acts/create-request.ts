import { type RequestSpec, judge, latestRun } from '@bbb/rules';
import { DONE, LOOK_AGAIN, decideWith } from '../situation.js';
import { findRequestKey } from '../find-request-key.js';
import type { Act } from '../context.js';
import { endRejected } from './end-rejected.js';

/**
 * Creates the build request of a pending run. The row comes first (the intent), the request second, its id last;
 * interrupted anywhere, the same request is found again by its key.
 */
export const createRequest: Act = async (situation, context) => {
  const { taskId, status } = situation;
  const run = status && latestRun(status);
  const key = run && (await findRequestKey(status, run.runId, context.buildbot));
  const definition = situation.definition ?? (await context.queue.definition(taskId));
  if (!key || definition?.taskQueueId !== context.settings.taskQueueId) return DONE;

  const judgement = await judge(definition, key, context.settings.policy, context.buildbot);
  if (judgement.is === 'ignored') {
    if (situation.row) await context.store.forget(situation.row);
    return DONE;
  }

  const tracking = { taskId, runId: run.runId, createdDate: Math.floor(definition.created) };
  const { task: row, created } = situation.row
    ? { task: situation.row, created: true }
    : await context.store.track(tracking);
  if (!created) return LOOK_AGAIN;
  if (judgement.is === 'rejected') return endRejected({ ...situation, row }, judgement.reasons, context);

  const buildRequestId = await context.buildbot.create(judgement.spec, async () => {
    const now = await context.store.get(taskId);
    // The run too: a row that was forgotten and tracked anew for a rerun counts its revisions from the start.
    return now?.rev === row.rev && now.runId === row.runId;
  });
  if (buildRequestId === undefined) return LOOK_AGAIN;
  const processedDate = Math.floor(context.clock.now());
  const recorded = await context.store.change(row, { buildRequestId, processedDate });
  if (!recorded) return LOOK_AGAIN;

  context.logger.log(fields(judgement.spec, buildRequestId), 'build request created');
  context.telemetry.count('build_requests_created_total');
  context.telemetry.observe('pending_to_request_seconds', Math.max(0, context.clock.now() - run.scheduled));
  // A creation that was interrupted earlier may have been built long since.
  return situation.row ? LOOK_AGAIN : DONE;
};

function fields(spec: RequestSpec, buildRequestId: number) {
  const { taskId, createdForRunId, buildername } = spec;
  return { taskId, runId: createdForRunId, buildRequestId, buildername };
}

/** A claimed run without a request: its payload was rejected and the report interrupted, or the request is not recorded. */
export const reject: Act = async (situation, context) => {
  const { taskId, status, row } = situation;
  const run = status && latestRun(status);
  const key = run && (await findRequestKey(status, run.runId, context.buildbot));
  const definition = situation.definition ?? (await context.queue.definition(taskId));
  if (!key || !definition || !row) return DONE;

  const judgement = await judge(definition, key, context.settings.policy, context.buildbot);
  if (judgement.is === 'rejected') return endRejected(situation, judgement.reasons, context);

  const buildRequestId = await context.buildbot.find(key);
  if (buildRequestId !== undefined) {
    await context.store.change(row, {
      buildRequestId,
      processedDate: Math.floor(context.clock.now()),
    });
    return LOOK_AGAIN;
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
