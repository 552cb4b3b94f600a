import { type Artifact, ArtifactPolicy, type BuildOutcome, type HeldRun, type RunRef } from '@bbb/rules';
import type { ActContext } from '../context.js';

const DEFAULT_POLICY = new ArtifactPolicy();

/** An artifact that could not be attached, and why. */
export interface MissingArtifact {
  artifact: Artifact;
  error: unknown;
}

/** Attaches the artifacts of a build's outcome. A failure of one does not prevent the others from being attached. */
export async function attachArtifacts(
  run: HeldRun,
  outcome: BuildOutcome,
  context: ActContext,
): Promise<MissingArtifact[]> {
  const { taskId, runId } = run;
  const artifacts = createArtifacts({ taskId, runId }, outcome, context);
  const missing = await Promise.all(artifacts.map((artifact) => attachArtifact(run, artifact, context)));
  return missing.filter((each) => each !== undefined);
}

/** Attaches an error artifact in place of each missing one, so that a reader of the artifact learns why it is missing. */
export async function attachErrors(
  run: HeldRun,
  missing: readonly MissingArtifact[],
  context: ActContext,
): Promise<void> {
  const errors = missing.map(({ artifact: { name } }): Artifact => ({
    kind: 'error',
    name,
    reason: 'file-not-readable-on-worker',
    message: 'The Buildbot bridge could not store this artifact. The result of the build is not affected.',
  }));
  await Promise.all(errors.map((artifact) => attachArtifact(run, artifact, context)));
}

async function attachArtifact(
  run: HeldRun,
  artifact: Artifact,
  context: ActContext,
): Promise<MissingArtifact | undefined> {
  try {
    await context.queue.attach(run, artifact);
    return undefined;
  } catch (error) {
    const { taskId, runId } = run;
    context.logger.warn({ taskId, runId, artifact: artifact.name, error }, 'artifact not attached');
    context.telemetry.count('artifact_failures_total');
    return { artifact, error };
  }
}

/** The names and content types are an interface: other programs read these artifacts. */
function createArtifacts(
  run: RunRef,
  { properties, log, failedStep }: BuildOutcome,
  context: ActContext,
): Artifact[] {
  const policy = context.settings.artifacts ?? DEFAULT_POLICY;
  const { content, withheld } = policy.selectProperties(properties);
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
  if (failedStep)
    artifacts.push({
      kind: 'file',
      name: 'public/logs/failed_step.log',
      contentType: 'text/plain; charset=utf-8',
      content: policy.redactLog(failedStep.text),
    });
  return artifacts;
}
