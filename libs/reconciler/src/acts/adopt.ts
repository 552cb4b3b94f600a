import { findLatestRun } from '@bbb/rules';
import { findRequestKey } from '../find-request-key.js';
import { DONE, OBSERVE_AGAIN } from '../situation.js';
import type { Act } from '../context.js';

/**
 * Tracks a run that the bridge has claimed and that has no row: the row was lost, or never written. Its build request is
 * found by its key; without one the run was claimed to reject its payload.
 */
export const adopt: Act = async (situation, { buildbot, store, settings, decided }) => {
  const { taskId, status } = situation;
  const run = status && findLatestRun(status);
  const key = run && (await findRequestKey(status, run.runId, buildbot));
  if (!key || status.taskQueueId !== settings.taskQueueId) return DONE;
  const buildRequestId = (await buildbot.find(key)) ?? null;
  await store.track({ taskId, runId: run.runId, createdDate: null, buildRequestId });
  decided(situation, 'claimed task without a row is tracked again', { buildRequestId }, 'warn');
  return OBSERVE_AGAIN;
};
