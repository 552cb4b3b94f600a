import type { TrackedTaskChanges } from '../ports/task-store.js';
import type { Facts } from './facts.js';
import type { Observation } from './observation.js';
import { findLatestRun } from './runs.js';

/**
 * Changes that a row needs before anything is decided on it: facts that another process changed, or that an
 * interrupted step left unrecorded. Undefined when the row is up to date.
 */
export function catchUp({ row, status, request }: Observation, facts: Facts): TrackedTaskChanges | undefined {
  const run = status && findLatestRun(status);
  if (!row || !run) return undefined;
  const changes: TrackedTaskChanges = {};
  if (row.missingSince !== null && !['gone', 'unavailable'].includes(facts.request))
    changes.missingSince = null;
  if (facts.superseded) return orUndefined(changes);

  if (run.runId > row.runId) Object.assign(changes, { runId: run.runId, buildId: null, takenUntil: null });

  const known = { ...row, ...changes };
  if (facts.run === 'running') {
    const takenUntil = Math.floor(run.takenUntil ?? 0);
    if (takenUntil > (known.takenUntil ?? 0)) changes.takenUntil = takenUntil;
    const { state } = request ?? {};
    if (known.buildId === null && (state?.at === 'building' || state?.at === 'finished'))
      changes.buildId = state.build.buildId;
  }
  return orUndefined(changes);
}

function orUndefined(changes: TrackedTaskChanges): TrackedTaskChanges | undefined {
  return Object.keys(changes).length > 0 ? changes : undefined;
}
