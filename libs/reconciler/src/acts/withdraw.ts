import { orderKeyOf } from '../order-key.js';
import { decideWith, LOOK_AGAIN } from '../scene.js';
import { type Act, rowOf } from '../tools.js';

/**
 * Gives up an order whose request is not recorded. If the request exists after all it is recorded, and then taken
 * back like any other. Without the task's status the order's key is not known; a request that exists nevertheless
 * is found by its mark.
 */
export const withdraw: Act = async (scene, tools) => {
  const row = rowOf(scene);
  const key = scene.status && (await orderKeyOf(scene.status, row.runId, tools.buildbot));
  let forgotten = false;
  const forget = async () => {
    forgotten = await tools.store.forget(row);
  };
  const requestId = key ? await tools.buildbot.withdraw(key, forget) : void (await forget());
  if (requestId !== undefined) {
    const processedDate = row.processedDate ?? Math.floor(tools.clock.now());
    await tools.store.change(row, { buildRequestId: requestId, processedDate });
    return LOOK_AGAIN;
  }
  if (!forgotten) return LOOK_AGAIN;
  tools.logger.log({ taskId: row.taskId, runId: row.runId }, 'order withdrawn');
  return decideWith(scene, { row: undefined, request: undefined });
};
