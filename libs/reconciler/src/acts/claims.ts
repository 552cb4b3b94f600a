import type { RequestSnapshot } from '@bbb/rules';
import { decideWith, DONE, OBSERVE_AGAIN } from '../situation.js';
import { type Act, requireRow } from '../context.js';
import { attachArtifacts } from './artifacts.js';
import { readRetriedOutcome } from './build-outcome.js';

/** The id of the build for which a run is claimed. */
function findNewestBuildId(request: RequestSnapshot | undefined): number | null {
  return request && 'build' in request.state ? (request.state.build?.buildId ?? null) : null;
}

/** Claims the pending run: its build has started, so the task is running. */
export const claim: Act = async (situation, context) => {
  const row = requireRow(situation);
  const { taskId, runId } = row;
  const { takenUntil, status } = await context.queue.claim({ taskId, runId });
  const buildId = findNewestBuildId(situation.request);
  const changed = await context.store.change(row, { takenUntil: Math.floor(takenUntil), buildId });
  context.logger.log({ taskId, runId, buildRequestId: row.buildRequestId, buildId }, 'task claimed');
  return changed ? decideWith(situation, { row: changed, status }) : OBSERVE_AGAIN;
};

/** Extends the claim of a running build. */
export const reclaim: Act = async (situation, context) => {
  const row = requireRow(situation);
  const { taskId, runId } = row;
  const { takenUntil } = await context.queue.reclaim({ taskId, runId, wasHeld: true });
  context.telemetry.observe('claim_margin_seconds', (row.takenUntil ?? 0) - context.clock.now());
  const changed = await context.store.change(row, { takenUntil: Math.floor(takenUntil) });
  context.logger.log({ taskId, runId, takenUntil: Math.floor(takenUntil) }, 'task reclaimed');
  return changed ? DONE : OBSERVE_AGAIN;
};

/** Ends the run because Buildbot abandoned its build and will build the request again: a new run follows the new build. */
export const retry: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = requireRow(situation);
  const run = { taskId, runId, wasHeld: true };
  const outcome = await readRetriedOutcome(situation, context);
  if (outcome) await attachArtifacts(run, outcome, context);
  const status = await context.queue.report(run, { report: 'exception', reason: 'worker-shutdown' });
  context.logger.log(
    { taskId, runId, buildRequestId, ...situation.cause },
    'run resolved as worker-shutdown; another run follows the build request',
  );
  return decideWith(situation, { status });
};

/** Reruns the task: its retries are used up, but its build request is still open or has a result. */
export const rerun: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = requireRow(situation);
  const status = await context.queue.rerun(taskId);
  context.logger.log({ taskId, runId, buildRequestId, ...situation.cause }, 'task rerun');
  return decideWith(situation, { status });
};
