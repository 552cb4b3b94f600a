import type { HeldRun } from '@bbb/rules';
import { decideWith, LOOK_AGAIN, type Next, type Scene } from '../scene.js';
import { rowOf, type Tools } from '../tools.js';
import { refusalArtifact } from './refusal-artifact.js';

/** Ends the run of a payload that nobody may have built: claimed, told why, then reported as malformed-payload. */
export async function endRefused(scene: Scene, reasons: readonly string[], tools: Tools): Promise<Next> {
  const { taskId } = scene;
  const { runId } = rowOf(scene);
  const claim = await tools.queue.claim({ taskId, runId });
  const row = await tools.store.change(rowOf(scene), { takenUntil: Math.floor(claim.takenUntil) });
  if (!row) return LOOK_AGAIN;
  const run = { taskId, runId, wasHeld: true };
  await tell(run, reasons, tools);
  const status = await tools.queue.report(run, { report: 'exception', reason: 'malformed-payload' });
  tools.logger.warn({ taskId, runId, reasons }, 'task refused');
  tools.telemetry.count('payload_rejected_total');
  return decideWith(scene, { row, status });
}

/** Whatever goes wrong with the explanation, the run must end. */
async function tell(run: HeldRun, reasons: readonly string[], tools: Tools): Promise<void> {
  const artifact = refusalArtifact(reasons.map((reason) => tools.settings.artifacts?.text(reason) ?? reason));
  try {
    await tools.queue.attach(run, artifact);
  } catch (error) {
    const { taskId, runId } = run;
    tools.logger.warn({ taskId, runId, artifact: artifact.name, error }, 'artifact not attached');
    tools.telemetry.count('artifact_failures_total');
  }
}
