import type { RunRef } from '@bbb/bridge';
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
  await tell({ taskId, runId }, reasons, scene, tools);
  const status = await tools.queue.report(
    { taskId, runId },
    { report: 'exception', reason: 'malformed-payload' },
  );
  tools.logger.warn({ taskId, runId, reasons }, 'task refused');
  tools.telemetry.count('payload_rejected_total');
  return decideWith(scene, { row, status });
}

/** Whatever goes wrong with the explanation, the run must end. */
async function tell(
  run: RunRef,
  reasons: readonly string[],
  { definition }: Scene,
  tools: Tools,
): Promise<void> {
  if (!definition) return;
  const artifact = refusalArtifact(
    reasons.map((reason) => tools.settings.artifacts?.text(reason) ?? reason),
    definition.expires,
  );
  try {
    await tools.queue.attach(run, artifact);
  } catch (error) {
    tools.logger.warn({ ...run, artifact: artifact.name, error }, 'artifact not attached');
    tools.telemetry.count('artifact_failures_total');
  }
}
