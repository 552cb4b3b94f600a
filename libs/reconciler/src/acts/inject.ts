import { type BuildOrder, judge, latestRun } from '@bbb/rules';
import { DONE, LOOK_AGAIN, decideWith } from '../scene.js';
import { orderKeyOf } from '../order-key.js';
import type { Act } from '../tools.js';
import { endRefused } from './end-refused.js';

/**
 * Creates the build request of a pending run. The row comes first (the intent), the request second, its id last;
 * cut off anywhere, the same order is found again by its key.
 */
export const inject: Act = async (scene, tools) => {
  const { taskId, status } = scene;
  const run = status && latestRun(status);
  const key = run && (await orderKeyOf(status, run.runId, tools.buildbot));
  const definition = scene.definition ?? (await tools.queue.definition(taskId));
  if (!key || definition?.taskQueueId !== tools.settings.taskQueueId) return DONE;

  const judgement = await judge(definition, key, tools.settings.policy, (name) => tools.buildbot.knows(name));
  if (judgement.is === 'ignored') {
    if (scene.row) await tools.store.forget(scene.row);
    return DONE;
  }

  const tracking = { taskId, runId: run.runId, createdDate: Math.floor(definition.created) };
  const { task: row, created } = scene.row
    ? { task: scene.row, created: true }
    : await tools.store.track(tracking);
  if (!created) return LOOK_AGAIN;
  if (judgement.is === 'refused') return endRefused({ ...scene, row }, judgement.reasons, tools);

  const requestId = await tools.buildbot.create(judgement.order, async () => {
    const now = await tools.store.get(taskId);
    // The run too: a row that was forgotten and tracked anew for a rerun counts its revisions from the start.
    return now?.rev === row.rev && now.runId === row.runId;
  });
  if (requestId === undefined) return LOOK_AGAIN;
  const processedDate = Math.floor(tools.clock.now());
  const recorded = await tools.store.change(row, { buildRequestId: requestId, processedDate });
  if (!recorded) return LOOK_AGAIN;

  tools.logger.log(fields(judgement.order, requestId), 'build request created');
  tools.telemetry.count('injected_total');
  tools.telemetry.observe('pending_to_request_seconds', Math.max(0, tools.clock.now() - run.scheduled));
  // An order that had been cut off may have been built long since.
  return scene.row ? LOOK_AGAIN : DONE;
};

function fields(order: BuildOrder, requestId: number) {
  const { taskId, createdForRunId, buildername } = order;
  return { taskId, runId: createdForRunId, brid: requestId, buildername };
}

/** A claimed run without a request: its payload was refused and the report cut off, or its order is not recorded. */
export const refuse: Act = async (scene, tools) => {
  const { taskId, status, row } = scene;
  const run = status && latestRun(status);
  const key = run && (await orderKeyOf(status, run.runId, tools.buildbot));
  const definition = scene.definition ?? (await tools.queue.definition(taskId));
  if (!key || !definition || !row) return DONE;

  const judgement = await judge(definition, key, tools.settings.policy, (name) => tools.buildbot.knows(name));
  if (judgement.is === 'refused') return endRefused(scene, judgement.reasons, tools);

  const requestId = await tools.buildbot.find(key);
  if (requestId !== undefined) {
    await tools.store.change(row, {
      buildRequestId: requestId,
      processedDate: Math.floor(tools.clock.now()),
    });
    return LOOK_AGAIN;
  }
  const ended = await tools.queue.report(
    { taskId, runId: run.runId, wasHeld: true },
    { report: 'exception', reason: 'worker-shutdown' },
  );
  tools.logger.warn({ taskId, runId: run.runId }, 'claimed run without build request given back');
  return decideWith(scene, { status: ended });
};
