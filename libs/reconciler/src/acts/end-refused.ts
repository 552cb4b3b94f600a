import { decideWith, LOOK_AGAIN, type Next, type Scene } from '../scene.js';
import { rowOf, type Tools } from '../tools.js';

/** Ends the run of a payload that nobody may have built: claimed, then reported as malformed-payload. */
export async function endRefused(scene: Scene, reasons: readonly string[], tools: Tools): Promise<Next> {
  const { taskId } = scene;
  const { runId } = rowOf(scene);
  const claim = await tools.queue.claim({ taskId, runId });
  const row = await tools.store.change(rowOf(scene), { takenUntil: Math.floor(claim.takenUntil) });
  if (!row) return LOOK_AGAIN;
  const status = await tools.queue.report(
    { taskId, runId },
    { report: 'exception', reason: 'malformed-payload' },
  );
  tools.logger.warn({ taskId, runId, reasons }, 'task refused');
  tools.telemetry.count('payload_rejected_total');
  return decideWith(scene, { row, status });
}
