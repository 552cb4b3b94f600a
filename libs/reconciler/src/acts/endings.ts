import { decideWith, DONE, OBSERVE_AGAIN } from '../situation.js';
import { type Act, requireRow } from '../context.js';

/** Resolves the run as internal-error: its build request is lost, so the result will never be known. */
export const abandon: Act = async (situation, context) => {
  const { taskId, runId } = requireRow(situation);
  const status = await context.queue.report(
    { taskId, runId, wasHeld: true },
    { report: 'exception', reason: 'internal-error' },
  );
  context.decided(
    situation,
    'run resolved as internal-error: its build request is missing from Buildbot',
    {},
    'warn',
  );
  return decideWith(situation, { status });
};

/** Forgets the build request of a pending run because it is missing or dropped, so that another is created. */
export const recreateRequest: Act = async (situation, context) => {
  const row = requireRow(situation);
  const changed = await context.store.change(row, { buildRequestId: null, missingSince: null });
  context.decided(
    situation,
    situation.request?.state.at === 'dropped'
      ? 'Buildbot dropped the build request; creating it again'
      : 'build request is missing from Buildbot; creating it again',
    {},
    'warn',
  );
  return changed ? decideWith(situation, { row: changed, request: undefined }) : OBSERVE_AGAIN;
};

/** Cancels the task, because its build was cancelled in Buildbot. */
export const cancelTask: Act = async (situation, context) => {
  const status = await context.queue.cancel(situation.taskId);
  context.decided(situation, 'task cancelled: its build was cancelled in Buildbot');
  return decideWith(situation, { status });
};

/** The task is dead: cancellation is requested in Buildbot, again and again until the request is complete. */
export const cancelRequest: Act = async (situation, context) => {
  if (!situation.request) return DONE;
  await context.buildbot.cancel(situation.request);
  context.decided(situation, 'cancellation requested in Buildbot');
  return DONE;
};

/** Records when the task or the request was first missing. An absence is believed only when it lasts. */
export const noteMissing: Act = async (situation, context) => {
  const row = requireRow(situation);
  if (row.missingSince !== null) return DONE;
  const changed = await context.store.change(row, { missingSince: Math.floor(context.clock.now()) });
  context.decided(situation, 'task or build request is missing', {}, 'warn');
  return changed ? DONE : OBSERVE_AGAIN;
};

/** Deletes the row, because both sides have ended. A rerun by a user starts without a row. */
export const forget: Act = async (situation, context) => {
  const row = requireRow(situation);
  if (!(await context.store.forget(row))) return OBSERVE_AGAIN;
  context.decided(situation, 'task forgotten');
  return decideWith(situation, { row: undefined, request: undefined });
};
