import { Refused, chooseResolution, Unavailable } from '@bbb/rules';
import { type Act, type ActContext, requireRow } from '../context.js';
import { decideWith, DONE, type Next, type Situation } from '../situation.js';
import { attachArtifacts, attachErrors, type MissingArtifact } from './artifacts.js';
import { readOutcome } from './build-outcome.js';
import { reclaim } from './claims.js';

/** A message whose artifacts could not be stored is retried at least this often during the wait. */
const TRIES = 10;

/** Seconds before the deadline at which a result is reported without waiting further: no claim is extended past it. */
const BEFORE_DEADLINE = 60;

/**
 * Attaches the artifacts and reports the result that Buildbot has. If artifacts cannot be stored now, the report waits
 * for them for a limited time; then the result is reported with error artifacts in their place.
 */
export const resolve: Act = async (situation, context) => {
  const { taskId, runId } = requireRow(situation);
  if (situation.request?.state.at !== 'finished') return DONE;
  const { results, build, completeAt } = situation.request.state;
  const run = { taskId, runId, wasHeld: true };

  const outcome = await readOutcome(situation, build, context);
  const missing = outcome ? await attachArtifacts(run, outcome, context) : [];
  const wait = computeSecondsToWait(situation, context);
  if (wait > 0 && missing.some(isTemporary)) return waitForArtifacts(situation, missing, wait, context);
  await attachErrors(run, missing, context);

  const resolution = chooseResolution(results, context.settings.results);
  const status = await context.queue.report(run, resolution);
  context.decided(situation, 'task resolved', { results, ...resolution });
  if (completeAt !== null) {
    context.telemetry.observe('finish_to_resolve_seconds', Math.max(0, context.clock.now() - completeAt));
  }
  return decideWith(situation, { status });
};

/** Whether storing the artifact may succeed later; a conflict and a malformed request never do. */
function isTemporary({ error }: MissingArtifact): boolean {
  return error instanceof Unavailable || (error instanceof Refused && error.isConfiguration);
}

function computeSecondsToWait(
  { status, finishedFor = 0 }: Situation,
  { clock, settings }: ActContext,
): number {
  const untilDeadline = (status?.deadline ?? 0) - BEFORE_DEADLINE - clock.now();
  return Math.min(settings.artifactWait - finishedFor, untilDeadline);
}

/** Keeps the claim. An end message is retried, because it may be the only source of the artifacts; else the next pass retries. */
async function waitForArtifacts(
  situation: Situation,
  missing: readonly MissingArtifact[],
  seconds: number,
  context: ActContext,
): Promise<Next> {
  const { takenUntil } = requireRow(situation);
  const { artifactWait, reclaimWindow } = context.settings;
  if ((takenUntil ?? 0) - context.clock.now() < reclaimWindow) await reclaim(situation, context);
  const names = missing.map(({ artifact }) => artifact.name);
  const atMost = Math.ceil(seconds);
  context.decided(
    situation,
    'task waits for its artifacts; will retry',
    { artifacts: names, atMost },
    'warn',
  );
  if (situation.event?.kind !== 'finished') return DONE;
  throw new Unavailable(
    'artifacts',
    `not stored yet: ${names.join(', ')}; will retry for at most ${atMost} s`,
    {
      retryWithin: artifactWait / TRIES,
    },
  );
}
