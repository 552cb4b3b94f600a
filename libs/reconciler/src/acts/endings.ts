import { decideWith, DONE, LOOK_AGAIN } from '../scene.js';
import { type Act, rowOf } from '../tools.js';

/** The build request has vanished from Buildbot: nobody will ever know a result. */
export const abandon: Act = async (scene, tools) => {
  const { taskId, runId, buildRequestId: brid } = rowOf(scene);
  const status = await tools.queue.report(
    { taskId, runId, wasHeld: true },
    { report: 'exception', reason: 'internal-error' },
  );
  tools.logger.warn({ taskId, runId, brid }, 'build request has vanished');
  return decideWith(scene, { status });
};

/** The build request of a pending run has vanished: order another. */
export const reorder: Act = async (scene, tools) => {
  const row = rowOf(scene);
  const changed = await tools.store.change(row, { buildRequestId: null, missingSince: null });
  tools.logger.warn({ taskId: row.taskId, brid: row.buildRequestId }, 'build request has vanished');
  return changed ? decideWith(scene, { row: changed, request: undefined }) : LOOK_AGAIN;
};

/** Cancelled in Buildbot: the task is cancelled too. */
export const cancelTask: Act = async (scene, tools) => {
  const { taskId, runId, buildRequestId: brid } = rowOf(scene);
  const status = await tools.queue.cancel(taskId);
  tools.logger.log({ taskId, runId, brid }, 'task cancelled: its build was cancelled in Buildbot');
  return decideWith(scene, { status });
};

/** The task is dead: Buildbot is asked to stop, and asked again until it has. */
export const cancelRequest: Act = async (scene, tools) => {
  const { taskId, runId, buildRequestId: brid } = rowOf(scene);
  if (!scene.request) return DONE;
  await tools.buildbot.cancel(scene.request);
  tools.logger.log({ taskId, runId, brid, at: scene.request.state.at }, 'cancellation asked of Buildbot');
  return DONE;
};

/** One side does not know the task or the request. Absence is believed only when it lasts. */
export const noteMissing: Act = async (scene, tools) => {
  const row = rowOf(scene);
  if (row.missingSince !== null) return DONE;
  const changed = await tools.store.change(row, { missingSince: Math.floor(tools.clock.now()) });
  tools.logger.warn({ taskId: row.taskId, brid: row.buildRequestId }, 'task or build request is missing');
  return changed ? DONE : LOOK_AGAIN;
};

/** Both sides are at their end. A newer order, if there is one, begins on a clean slate. */
export const forget: Act = async (scene, tools) => {
  const row = rowOf(scene);
  if (!(await tools.store.forget(row))) return LOOK_AGAIN;
  tools.logger.log({ taskId: row.taskId, runId: row.runId, brid: row.buildRequestId }, 'task forgotten');
  return decideWith(scene, { row: undefined, request: undefined });
};
