import type { RequestSnapshot } from '@bbb/rules';
import { decideWith, DONE, OBSERVE_AGAIN, type Situation } from '../situation.js';
import { type Act, type ActContext, requireRow } from '../context.js';
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
  observeWait(situation, context);
  context.decided(situation, 'task claimed', { buildId });
  return changed ? decideWith(situation, { row: changed, status }) : OBSERVE_AGAIN;
};

/** Measures once for each build request how long it waited for its build: later runs that it serves waited for a rebuild. */
function observeWait({ row, request }: Situation, { clock, telemetry }: ActContext): void {
  const isFirst = request?.key?.createdForRunId === row?.runId;
  if (!isFirst || row?.processedDate == null) return;
  telemetry.observe('request_to_build_seconds', Math.max(0, clock.now() - row.processedDate));
}

/** Extends the claim of a running build. */
export const reclaim: Act = async (situation, context) => {
  const row = requireRow(situation);
  const { taskId, runId } = row;
  const { takenUntil } = await context.queue.reclaim({ taskId, runId, wasHeld: true });
  context.telemetry.observe('claim_margin_seconds', (row.takenUntil ?? 0) - context.clock.now());
  const changed = await context.store.change(row, { takenUntil: Math.floor(takenUntil) });
  context.decided(situation, 'task reclaimed', { takenUntil: Math.floor(takenUntil) });
  return changed ? DONE : OBSERVE_AGAIN;
};

/** Ends the run because Buildbot abandoned its build and will build the request again: a new run follows the new build. */
export const retry: Act = async (situation, context) => {
  const { taskId, runId } = requireRow(situation);
  const run = { taskId, runId, wasHeld: true };
  const outcome = await readRetriedOutcome(situation, context);
  if (outcome) await attachArtifacts(run, outcome, context);
  const status = await context.queue.report(run, { report: 'exception', reason: 'worker-shutdown' });
  context.decided(situation, 'run resolved as worker-shutdown; another run follows the build request');
  return decideWith(situation, { status });
};

/** Reruns the task: its retries are used up, but its build request is still open or has a result. */
export const rerun: Act = async (situation, context) => {
  const status = await context.queue.rerun(situation.taskId);
  context.decided(situation, 'task rerun');
  return decideWith(situation, { status });
};
