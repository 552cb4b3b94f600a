import {
  type Artifact,
  ArtifactPolicy,
  type BuildOutcome,
  type BuildRef,
  type HeldRun,
  isEndMessage,
  resolutionOf,
  type RunRef,
} from '@bbb/rules';
import { decideWith, DONE, type Situation } from '../situation.js';
import { type Act, rowOf, type ActContext } from '../context.js';

const DEFAULT_POLICY = new ArtifactPolicy();

/** Attaches the artifacts and reports the result that the scheduler database holds. */
export const resolve: Act = async (situation, context) => {
  const { taskId, runId, buildRequestId } = rowOf(situation);
  if (situation.request?.state.at !== 'finished') return DONE;
  const { results, build, completeAt } = situation.request.state;
  const run = { taskId, runId, wasHeld: true };

  const outcome = await readOutcome(situation, build, context);
  if (outcome) await attachAll(run, outcome, context);

  const resolution = resolutionOf(results, context.settings.results);
  const status = await context.queue.report(run, resolution);
  context.logger.log(
    { taskId, runId, buildRequestId, results, ...resolution, ...situation.cause },
    'task resolved',
  );
  if (completeAt !== null) {
    context.telemetry.observe('finish_to_resolve_seconds', Math.max(0, context.clock.now() - completeAt));
  }
  return decideWith(situation, { status });
};

/** The build's outcome, from its end message or else from Buildbot; a failure to read it keeps no result back. */
async function readOutcome(
  { taskId, event }: Situation,
  build: BuildRef,
  context: ActContext,
): Promise<BuildOutcome | undefined> {
  if (event?.kind === 'finished' && isEndMessage(event, build)) {
    const log = event.logUrl === null ? null : { url: event.logUrl, contentType: 'application/gzip' };
    return { properties: event.properties, log };
  }
  try {
    return await context.buildbot.outcome(build);
  } catch (error) {
    context.logger.warn(
      { taskId, ...build, error },
      'build outcome could not be read; no artifacts attached',
    );
    context.telemetry.count('artifact_failures_total');
    return undefined;
  }
}

/** Whatever goes wrong with an artifact, the result must reach the task. */
async function attachAll(run: HeldRun, outcome: BuildOutcome, context: ActContext): Promise<void> {
  const { taskId, runId } = run;
  const attach = async (artifact: Artifact) => {
    try {
      await context.queue.attach(run, artifact);
    } catch (error) {
      context.logger.warn({ taskId, runId, artifact: artifact.name, error }, 'artifact not attached');
      context.telemetry.count('artifact_failures_total');
    }
  };
  await Promise.all(artifactsOf({ taskId, runId }, outcome, context).map(attach));
}

/** The names and forms are a contract with those who read them. */
function artifactsOf(run: RunRef, { properties, log }: BuildOutcome, context: ActContext): Artifact[] {
  const policy = context.settings.artifacts ?? DEFAULT_POLICY;
  const { content, withheld } = policy.properties(properties);
  if (withheld.length > 0) context.logger.log({ ...run, withheld }, 'properties withheld');
  const artifacts: Artifact[] = [
    { kind: 'file', name: 'public/properties.json', contentType: 'application/json', content },
  ];
  const { url, rule } = policy.logUrl(log?.url ?? null);
  if (log && url) {
    artifacts.push({
      kind: 'reference',
      name:
        log.contentType === 'application/gzip'
          ? 'public/logs/live_backing.log.gz'
          : 'public/logs/live_backing.log',
      contentType: log.contentType,
      url,
    });
  } else if (log) {
    context.logger.warn({ ...run, rule }, 'build log URL withheld');
  }
  return artifacts;
}
