import {
  type Artifact,
  ArtifactPolicy,
  type HeldRun,
  isEndMessage,
  resolutionOf,
  type RunRef,
} from '@bbb/rules';
import { decideWith, DONE, type FinishedEvent } from '../situation.js';
import { type Act, rowOf, type ActContext } from '../context.js';

const DEFAULT_POLICY = new ArtifactPolicy();

/** Attaches the artifacts and reports the result that the scheduler database holds. */
export const resolve: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  if (situation.request?.state.at !== 'finished') return DONE;
  const { results, build, completeAt } = situation.request.state;
  const run = { taskId, runId, wasHeld: true };

  const { event } = situation;
  if (event?.kind === 'finished' && isEndMessage(event, build)) await attachAll(run, event, context);

  const resolution = resolutionOf(results, context.settings.results);
  const status = await context.queue.report(run, resolution);
  context.logger.log({ taskId, runId, buildRequestId, results, ...resolution }, 'task resolved');
  if (completeAt !== null) {
    context.telemetry.observe('finish_to_resolve_seconds', Math.max(0, context.clock.now() - completeAt));
  }
  return decideWith(situation, { status });
};

/** Whatever goes wrong with an artifact, the result must reach the task. */
async function attachAll(run: HeldRun, event: FinishedEvent, context: ActContext): Promise<void> {
  const { taskId, runId } = run;
  const attach = async (artifact: Artifact) => {
    try {
      await context.queue.attach(run, artifact);
    } catch (error) {
      context.logger.warn({ taskId, runId, artifact: artifact.name, error }, 'artifact not attached');
      context.telemetry.count('artifact_failures_total');
    }
  };
  await Promise.all(artifactsOf({ taskId, runId }, event, context).map(attach));
}

/** The names and forms are a contract with those who read them. */
function artifactsOf(run: RunRef, event: FinishedEvent, context: ActContext): Artifact[] {
  const policy = context.settings.artifacts ?? DEFAULT_POLICY;
  const { content, withheld } = policy.properties(event.properties);
  if (withheld.length > 0) context.logger.log({ ...run, withheld }, 'properties withheld');
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
    context.logger.warn(run, 'address of the log not published');
  }
  return artifacts;
}
