import type { BuildRef, RequestState } from '@bbb/rules';
import type { BuildRow, RequestRow } from './rows.js';

const SKIPPED = 3;
const RETRY = 5;
const CANCELLED = 6;

/** The reason with which Buildbot 3.7 and newer stop builds because their master is stopped as planned. */
const SHUTDOWN = '(Master Shutdown)';

/**
 * The state of a request.
 *
 * @param newest the request's build with the highest id; read after the request, never before
 * @param stopReason why that build was stopped; undefined when it was not, or Buildbot has no reason
 */
export function deriveRequestState(
  request: RequestRow,
  newest: BuildRow | undefined,
  stopReason?: string,
): RequestState {
  const build = newest ? { buildId: newest.buildid, number: newest.number } : null;
  return request.complete
    ? readCompleteState(request, newest, build, stopReason)
    : readOpenState(request, newest, build);
}

function readOpenState(
  { claimed }: RequestRow,
  newest: BuildRow | undefined,
  build: BuildRef | null,
): RequestState {
  // Claimed or not: a request is claimed just before its build starts, and the build may not start at all.
  if (!newest || !build) return { at: 'waiting' };
  if (!newest.complete) return { at: 'building', build };
  return claimed ? { at: 'finishing', build, since: newest.complete_at } : { at: 'requeued', build };
}

function readCompleteState(
  { results, complete_at: completeAt }: RequestRow,
  newest: BuildRow | undefined,
  build: BuildRef | null,
  stopReason: string | undefined,
): RequestState {
  // SKIPPED: collapsed into another request, also after a RETRY. RETRY is never the final result of a request.
  if (results === SKIPPED || results === RETRY) return { at: 'dropped', build };
  if (results === CANCELLED && stopReason?.includes(SHUTDOWN)) return { at: 'dropped', build };
  // A pending request was cancelled; one that had a build before is pending again after RETRY.
  if (!build || (results === CANCELLED && newest?.results === RETRY)) return { at: 'cancelled', completeAt };
  return { at: 'finished', build, results, completeAt };
}
