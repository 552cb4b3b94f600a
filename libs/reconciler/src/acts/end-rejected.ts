import type { HeldRun } from '@bbb/rules';
import { decideWith, OBSERVE_AGAIN, type Next, type Situation } from '../situation.js';
import { requireRow, type ActContext } from '../context.js';
import { createRejectionArtifact } from './rejection-artifact.js';

/** Ends the run of a rejected payload: claims it, attaches the reasons, and reports it as malformed-payload. */
export async function endRejected(
  situation: Situation,
  reasons: readonly string[],
  context: ActContext,
): Promise<Next> {
  const { taskId } = situation;
  const { runId } = requireRow(situation);
  const claim = await context.queue.claim({ taskId, runId });
  const row = await context.store.change(requireRow(situation), { takenUntil: Math.floor(claim.takenUntil) });
  if (!row) return OBSERVE_AGAIN;
  const run = { taskId, runId, wasHeld: true };
  await attachReasons(run, reasons, context);
  const status = await context.queue.report(run, { report: 'exception', reason: 'malformed-payload' });
  context.decided(situation, 'task rejected', { reasons }, 'warn');
  context.telemetry.count('payload_rejected_total');
  return decideWith(situation, { row, status });
}

/** Attaches the reasons. Does not throw, because the run must end even without them. */
async function attachReasons(run: HeldRun, reasons: readonly string[], context: ActContext): Promise<void> {
  const artifact = createRejectionArtifact(
    reasons.map((reason) => context.settings.artifacts?.hideSecrets(reason) ?? reason),
  );
  try {
    await context.queue.attach(run, artifact);
  } catch (error) {
    const { taskId, runId } = run;
    context.logger.warn({ taskId, runId, artifact: artifact.name, error }, 'artifact not attached');
    context.telemetry.count('artifact_failures_total');
  }
}
