import { decideWith, DONE, LOOK_AGAIN } from '../situation.js';
import { type Act, rowOf } from '../context.js';

/** The build request is missing from Buildbot for good: no result will ever be known. */
export const abandon: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  const status = await context.queue.report(
    { taskId, runId, wasHeld: true },
    { report: 'exception', reason: 'internal-error' },
  );
  context.logger.warn(
    { taskId, runId, buildRequestId, ...situation.cause },
    'run resolved as internal-error: its build request is missing from Buildbot',
  );
  return decideWith(situation, { status });
};

/** The build request of a pending run is missing, or Buildbot dropped it: another is created. */
export const recreateRequest: Act = async (situation, context) => {
  const row = rowOf(situation);
  const changed = await context.store.change(row, { buildRequestId: null, missingSince: null });
  context.logger.warn(
    { taskId: row.taskId, buildRequestId: row.buildRequestId, ...situation.cause },
    situation.request?.state.at === 'dropped'
      ? 'Buildbot dropped the build request; creating it again'
      : 'build request is missing from Buildbot; creating it again',
  );
  return changed ? decideWith(situation, { row: changed, request: undefined }) : LOOK_AGAIN;
};

/** Cancelled in Buildbot: the task is cancelled too. */
export const cancelTask: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  const status = await context.queue.cancel(taskId);
  context.logger.log(
    { taskId, runId, buildRequestId, ...situation.cause },
    'task cancelled: its build was cancelled in Buildbot',
  );
  return decideWith(situation, { status });
};

/** The task is dead: cancellation is requested in Buildbot, again and again until the request is complete. */
export const cancelRequest: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  if (!situation.request) return DONE;
  await context.buildbot.cancel(situation.request);
  context.logger.log(
    { taskId, runId, buildRequestId, ...situation.cause },
    'cancellation requested in Buildbot',
  );
  return DONE;
};

/** One side does not know the task or the request. Absence is believed only when it lasts. */
export const noteMissing: Act = async (situation, context) => {
  const row = rowOf(situation);
  if (row.missingSince !== null) return DONE;
  const changed = await context.store.change(row, { missingSince: Math.floor(context.clock.now()) });
  context.logger.warn(
    { taskId: row.taskId, buildRequestId: row.buildRequestId, ...situation.cause },
    'task or build request is missing',
  );
  return changed ? DONE : LOOK_AGAIN;
};

/** Both sides are at their end. A rerun by a user, if there is one, starts without a row. */
export const forget: Act = async (situation, context) => {
  const row = rowOf(situation);
  if (!(await context.store.forget(row))) return LOOK_AGAIN;
  context.logger.log(
    { taskId: row.taskId, runId: row.runId, buildRequestId: row.buildRequestId, ...situation.cause },
    'task forgotten',
  );
  return decideWith(situation, { row: undefined, request: undefined });
};
