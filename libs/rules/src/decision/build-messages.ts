import type { BuildRef } from '../ports/buildbot.js';
import type { BuildEvent, DecisionSettings, Observation } from './observation.js';
import { findLatestRun } from './runs.js';

/** Buildbot's number for it. */
const RETRY = 5;

/** Whether an event is the end message of a request's last build. A RETRY is about a build of another master with the same number. */
export function isEndMessage(event: BuildEvent, build: BuildRef): boolean {
  return event.kind === 'finished' && event.buildNumber === build.number && event.results !== RETRY;
}

/**
 * What the process that receives a message should do soon: claim a pending run whose build has started, end a run whose
 * build ended in RETRY, or end the claimed run of a rejected payload. It has the run's credentials, and the message of a
 * RETRY is the only source of the artifacts. Undefined when no message is expected.
 */
export function findExpectedMessage({ row, status, request }: Observation): string | undefined {
  const run = status && findLatestRun(status);
  if (!row || !run) return undefined;
  if (row.buildRequestId === null && run.state === 'running') return `end of the rejected run ${run.runId}`;
  if (!request) return undefined;
  const { state } = request;
  if (run.state === 'pending' && (state.at === 'building' || state.at === 'finished'))
    return `start of build ${state.build.buildId} for run ${run.runId}`;
  const isRetried =
    state.at === 'requeued' ||
    (state.at === 'building' && row.buildId !== null && row.buildId !== state.build.buildId);
  return run.state === 'running' && run.runId === row.runId && isRetried
    ? `retry of build ${row.buildId} of run ${run.runId}`
    : undefined;
}

/** Whether a change is left to its message for now. The start of the next build does not tell how the one before ended. */
export function isLeftToMessage(seen: Observation, { messageGrace }: DecisionSettings): boolean {
  const { status, event, expectedFor = event ? 0 : Infinity } = seen;
  if (expectedFor >= messageGrace || findExpectedMessage(seen) === undefined) return false;
  const isStart = status && findLatestRun(status)?.state === 'pending';
  return isStart ? event === undefined : event?.kind !== 'finished';
}
