import { decideWith, DONE, LOOK_AGAIN } from '../situation.js';
import { type Act, rowOf } from '../context.js';

/** The build request has vanished from Buildbot: nobody will ever know a result. */
export const abandon: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  const status = await context.queue.report(
    { taskId, runId, wasHeld: true },
    { report: 'exception', reason: 'internal-error' },
  );
  context.logger.warn({ taskId, runId, buildRequestId }, 'build request has vanished');
  return decideWith(situation, { status });
};

/** The build request of a pending run has vanished, or Buildbot dropped it: another is created. */
export const recreateRequest: Act = async (situation, context) => {
  const row = rowOf(situation);
  const changed = await context.store.change(row, { buildRequestId: null, missingSince: null });
  context.logger.warn(
    { taskId: row.taskId, buildRequestId: row.buildRequestId },
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
    { taskId, runId, buildRequestId },
    'task cancelled: its build was cancelled in Buildbot',
  );
  return decideWith(situation, { status });
};

/** The task is dead: Buildbot is asked to stop, and asked again until it has. */
export const cancelRequest: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  if (!situation.request) return DONE;
  await context.buildbot.cancel(situation.request);
  context.logger.log(
    { taskId, runId, buildRequestId, at: situation.request.state.at },
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
    { taskId: row.taskId, buildRequestId: row.buildRequestId },
    'task or build request is missing',
  );
  return changed ? DONE : LOOK_AGAIN;
};

/** Both sides are at their end. A superseded, if there is one, begins on a clean slate. */
export const forget: Act = async (situation, context) => {
  const row = rowOf(situation);
  if (!(await context.store.forget(row))) return LOOK_AGAIN;
  context.logger.log(
    { taskId: row.taskId, runId: row.runId, buildRequestId: row.buildRequestId },
    'task forgotten',
  );
  return decideWith(situation, { row: undefined, request: undefined });
};
