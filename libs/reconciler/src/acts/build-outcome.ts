import { type BuildOutcome, type BuildRef, isEndMessage } from '@bbb/rules';
import type { ActContext } from '../context.js';
import type { FinishedEvent, Situation } from '../situation.js';

/** Buildbot's number for it. */
const RETRY = 5;

/** The build's outcome, from its end message or else from Buildbot. A failure to read it does not delay the result. */
export async function readOutcome(
  { taskId, event }: Situation,
  build: BuildRef,
  context: ActContext,
): Promise<BuildOutcome | undefined> {
  if (event?.kind === 'finished' && isEndMessage(event, build)) return toOutcome(event);
  return readFromBuildbot(taskId, build, context);
}

/**
 * The outcome of a build that ended in RETRY: from its end message, which names the build that the run was claimed for, or
 * from Buildbot while that is still the newest build.
 */
export async function readRetriedOutcome(
  { taskId, event, request }: Situation,
  context: ActContext,
): Promise<BuildOutcome | undefined> {
  if (event?.kind === 'finished' && event.results === RETRY) return toOutcome(event);
  const state = request?.state;
  const isOver = state?.at === 'requeued' || state?.at === 'finishing';
  return isOver ? readFromBuildbot(taskId, state.build, context) : undefined;
}

function toOutcome({ logUrl, properties }: FinishedEvent): BuildOutcome {
  return { properties, log: logUrl === null ? null : { url: logUrl, contentType: 'application/gzip' } };
}

async function readFromBuildbot(
  taskId: string,
  build: BuildRef,
  context: ActContext,
): Promise<BuildOutcome | undefined> {
  try {
    return await context.buildbot.readOutcome(build);
  } catch (error) {
    context.logger.warn(
      { taskId, ...build, error },
      'build outcome could not be read; no artifacts attached',
    );
    context.telemetry.count('artifact_failures_total');
    return undefined;
  }
}
