import { findRequestKey } from '../find-request-key.js';
import { decideWith, OBSERVE_AGAIN } from '../situation.js';
import { type Act, requireRow } from '../context.js';

/**
 * Gives up a row whose build request is not recorded. If the request exists, it is recorded and then cancelled like any
 * other. Without the task's status the request key is not known; an existing request is then found later by its mark.
 */
export const withdraw: Act = async (situation, context) => {
  const row = requireRow(situation);
  const key = situation.status && (await findRequestKey(situation.status, row.runId, context.buildbot));
  let forgotten = false;
  const forget = async () => {
    forgotten = await context.store.forget(row);
  };
  const buildRequestId = key ? await context.buildbot.withdraw(key, forget) : void (await forget());
  if (buildRequestId !== undefined) {
    const processedDate = row.processedDate ?? Math.floor(context.clock.now());
    await context.store.change(row, { buildRequestId, processedDate });
    return OBSERVE_AGAIN;
  }
  if (!forgotten) return OBSERVE_AGAIN;
  context.decided(situation, 'pending build request abandoned before it was created');
  return decideWith(situation, { row: undefined, request: undefined });
};
