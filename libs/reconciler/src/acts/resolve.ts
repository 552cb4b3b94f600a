import { type Artifact, ArtifactPolicy, isEndMessage, resolutionOf, type RunRef } from '@bbb/bridge';
import { decideWith, DONE, type FinishedEvent } from '../scene.js';
import { type Act, rowOf, type Tools } from '../tools.js';

const DEFAULT_POLICY = new ArtifactPolicy();

/** Attaches the artifacts and reports the result that the scheduler database holds. */
export const resolve: Act = async (scene, tools) => {
  const { taskId, runId, buildRequestId: brid } = rowOf(scene);
  if (scene.request?.state.at !== 'finished') return DONE;
  const { results, build, completeAt } = scene.request.state;
  const run = { taskId, runId };

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
async function attachAll(run: RunRef, event: FinishedEvent, tools: Tools): Promise<void> {
  let name = 'definition';
  try {
    const definition = await tools.queue.definition(run.taskId);
    if (!definition) return;
    for (const artifact of artifactsOf(run, event, definition.expires, tools)) {
      name = artifact.name;
      await tools.queue.attach(run, artifact).catch((error: unknown) => {
        tools.logger.warn({ ...run, artifact: artifact.name, error }, 'artifact not attached');
        tools.telemetry.count('artifact_failures_total');
      });
    }
  } catch (error) {
    tools.logger.warn({ ...run, artifact: name, error }, 'artifact not attached');
    tools.telemetry.count('artifact_failures_total');
  }
}

/** The names and forms are a contract with those who read them. */
function artifactsOf(run: RunRef, event: FinishedEvent, expires: string, tools: Tools): Artifact[] {
  const policy = tools.settings.artifacts ?? DEFAULT_POLICY;
  const { content, withheld } = policy.properties(event.properties);
  if (withheld.length > 0) tools.logger.log({ ...run, withheld }, 'properties withheld');
  const artifacts: Artifact[] = [
    {
      kind: 'file',
      name: 'public/properties.json',
      contentType: 'application/json',
      content,
      expires,
    },
  ];
  const url = policy.logUrl(event.logUrl);
  if (url) {
    artifacts.push({
      kind: 'reference',
      name: 'public/logs/live_backing.log.gz',
      contentType: 'application/gzip',
      url,
      expires,
    });
  } else if (event.logUrl !== null) {
    tools.logger.warn(run, 'address of the log not published');
  }
  return artifacts;
}
