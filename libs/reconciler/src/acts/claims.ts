import type { RequestSnapshot } from '@bbb/rules';
import { decideWith, DONE, LOOK_AGAIN } from '../scene.js';
import { type Act, rowOf } from '../tools.js';

/** The id of the build that a claim is made for. */
function newestBuildId(request: RequestSnapshot | undefined): number | null {
  return request && 'build' in request.state ? request.state.build.buildId : null;
}

/** Claims the pending run: its build has started, so the task is running. */
export const claim: Act = async (scene, tools) => {
  const row = rowOf(scene);
  const { taskId, runId } = row;
  const { takenUntil, status } = await tools.queue.claim({ taskId, runId });
  const buildId = newestBuildId(scene.request);
  const changed = await tools.store.change(row, { takenUntil: Math.floor(takenUntil), buildId });
  tools.logger.log({ taskId, runId, brid: row.buildRequestId, buildId }, 'task claimed');
  return changed ? decideWith(scene, { row: changed, status }) : LOOK_AGAIN;
};

/** Extends the claim of a running build. */
export const reclaim: Act = async (scene, tools) => {
  const row = rowOf(scene);
  const { taskId, runId } = row;
  const { takenUntil } = await tools.queue.reclaim({ taskId, runId, wasHeld: true });
  tools.telemetry.observe('claim_margin_seconds', (row.takenUntil ?? 0) - tools.clock.now());
  const changed = await tools.store.change(row, { takenUntil: Math.floor(takenUntil) });
  tools.logger.log({ taskId, runId, takenUntil: Math.floor(takenUntil) }, 'task reclaimed');
  return changed ? DONE : LOOK_AGAIN;
};

/** Buildbot has given the build up and will build the same request again: a new run follows the new build. */
export const retry: Act = async (scene, tools) => {
  const { taskId, runId } = rowOf(scene);
  const status = await tools.queue.report(
    { taskId, runId, wasHeld: true },
    { report: 'exception', reason: 'worker-shutdown' },
  );
  tools.logger.log({ taskId, runId }, 'run ended for a retry');
  return decideWith(scene, { status });
};

/** No retries are left although the request lives on: the task is run once more. */
export const rerun: Act = async (scene, tools) => {
  const { taskId, runId } = rowOf(scene);
  const status = await tools.queue.rerun(taskId);
  tools.logger.log({ taskId, runId }, 'task rerun');
  return decideWith(scene, { status });
};
