import type { RequestState } from '@bbb/rules';
import type { SchedulerSchema } from '../schema/recognise-schema.js';

/** A request's columns that tell where it stands. Times are epoch seconds; SQLite holds fractions. */
export interface RequestFacts {
  complete: boolean;
  results: number | null;
  completeAt: number | null;
  /** Null or 0: unclaimed. */
  claimedAt: number | null;
}

/** FAILURE, which masters and Self Serve write into a request that they cancel before its build. */
const CANCELLATION = 2;

/** One row of `builds`. */
export interface BuildFacts {
  buildId: number;
  number: number;
  finishTime: number | null;
}

/**
 * Where a request stands. Only its newest build counts: a master that was killed leaves rows without a finish time
 * for ever, and a later row has the same number.
 *
 * * Complete without a build, or with one that has not ended: somebody marked it complete, which is Buildbot's way
 *   of cancelling. A build that still runs then goes on unheeded; masters and Self Serve leave complete requests alone.
 * * Complete and yet unclaimed after a build, or claimed after its newest build had ended (where claims are a table,
 *   masters claim what they cancel): marked complete when that build had ended in RETRY. A build may lose its row in
 *   the claims table while it runs and still end properly, so that there the results must be those of a cancellation.
 * * Open and unclaimed after a build: RETRY. So is one whose newest build has no end, because the master that claimed
 *   it is gone: masters let stale claims go (claims table), or resubmit, and any of them may start a new build.
 * * Open with a claim that nobody has reclaimed for an hour may be taken over too. It stays `building` until that
 *   happens, because only the masters' clocks could tell; the new build then shows that the old one is lost.
 *
 * @param builds all builds of the request, in any order
 */
export function deriveState(
  request: RequestFacts,
  builds: readonly BuildFacts[],
  claims: SchedulerSchema['claims'],
): RequestState {
  const { complete, results, completeAt, claimedAt } = request;
  const newest = builds.reduce<BuildFacts | undefined>(
    (latest, build) => (latest && latest.buildId > build.buildId ? latest : build),
    undefined,
  );
  if (!newest) return complete ? { at: 'cancelled', completeAt } : { at: 'waiting' };

  const build = { buildId: newest.buildId, number: newest.number };
  if (complete) {
    return isEndedByItsBuild(newest, request, claims)
      ? { at: 'finished', build, results, completeAt }
      : { at: 'cancelled', completeAt };
  }
  if (!claimedAt) return { at: 'requeued', build };
  return newest.finishTime === null ? { at: 'building', build } : { at: 'finishing', build, since: null };
}

function isEndedByItsBuild(
  { finishTime }: BuildFacts,
  { claimedAt, results }: RequestFacts,
  claims: SchedulerSchema['claims'],
): boolean {
  if (finishTime === null) return false;
  if (claims === 'columns') return Boolean(claimedAt);
  return claimedAt ? claimedAt <= finishTime : results !== CANCELLATION;
}
