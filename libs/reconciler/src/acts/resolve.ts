import {
  type Artifact,
  ArtifactPolicy,
  type HeldRun,
  isEndMessage,
  resolutionOf,
  type RunRef,
} from '@bbb/rules';
import { decideWith, DONE, type FinishedEvent } from '../scene.js';
import { type Act, rowOf, type Tools } from '../tools.js';

const DEFAULT_POLICY = new ArtifactPolicy();

/** Attaches the artifacts and reports the result that the scheduler database holds. */
export const resolve: Act = async (scene, tools) => {
  const { taskId, runId, buildRequestId: brid } = rowOf(scene);
  if (scene.request?.state.at !== 'finished') return DONE;
  const { results, build, completeAt } = scene.request.state;
  const run = { taskId, runId, wasHeld: true };

  const { event } = scene;
  if (event?.kind === 'finished' && isEndMessage(event, build)) await attachAll(run, event, tools);

  const resolution = resolutionOf(results, tools.settings.results);
  const status = await tools.queue.report(run, resolution);
  tools.logger.log({ taskId, runId, brid, results, ...resolution }, 'task resolved');
  if (completeAt !== null) {
    tools.telemetry.observe('finish_to_resolve_seconds', Math.max(0, tools.clock.now() - completeAt));
  }
  return decideWith(scene, { status });
};

/** Whatever goes wrong with an artifact, the result must reach the task. */
async function attachAll(run: HeldRun, event: FinishedEvent, tools: Tools): Promise<void> {
  const { taskId, runId } = run;
  const attach = async (artifact: Artifact) => {
    try {
      await tools.queue.attach(run, artifact);
    } catch (error) {
      tools.logger.warn({ taskId, runId, artifact: artifact.name, error }, 'artifact not attached');
      tools.telemetry.count('artifact_failures_total');
    }
  };
  await Promise.all(artifactsOf({ taskId, runId }, event, tools).map(attach));
}

/** The names and forms are a contract with those who read them. */
function artifactsOf(run: RunRef, event: FinishedEvent, tools: Tools): Artifact[] {
  const policy = tools.settings.artifacts ?? DEFAULT_POLICY;
  const { content, withheld } = policy.properties(event.properties);
  if (withheld.length > 0) tools.logger.log({ ...run, withheld }, 'properties withheld');
  const artifacts: Artifact[] = [
    { kind: 'file', name: 'public/properties.json', contentType: 'application/json', content },
  ];
  const url = policy.logUrl(event.logUrl);
  if (url) {
    artifacts.push({
      kind: 'reference',
      name: 'public/logs/live_backing.log.gz',
      contentType: 'application/gzip',
      url,
    });
  } else if (event.logUrl !== null) {
    tools.logger.warn(run, 'address of the log not published');
  }
  return artifacts;
}
