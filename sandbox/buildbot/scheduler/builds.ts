import type { Claims, MasterIdentity } from './claims.js';
import { epoch, places, type Statements } from './connection.js';

/** One row per request of a build, all with the same number. @returns the rows' ids, in the requests' order */
export async function startBuilds(
  statements: Statements,
  brids: readonly number[],
  number: number,
  now: number,
): Promise<number[]> {
  const ids: number[] = [];
  const start_time = epoch(statements.dialect, now);
  for (const brid of brids) ids.push(await statements.insert('builds', { number, brid, start_time }));
  return ids;
}

export async function finishBuilds(
  statements: Statements,
  ids: readonly number[],
  now: number,
): Promise<void> {
  await statements.change(`UPDATE builds SET finish_time = ? WHERE id IN (${places(ids)})`, [
    epoch(statements.dialect, now),
    ...ids,
  ]);
}

/** Ends requests with a result, and their buildsets where nothing else is open. */
export async function retireRequests(
  statements: Statements,
  claims: Claims,
  requests: readonly { brid: number; buildsetId: number }[],
  results: number,
  now: number,
): Promise<void> {
  await claims.complete(
    statements,
    requests.map(({ brid }) => brid),
    results,
    now,
  );
  for (const id of new Set(requests.map(({ buildsetId }) => buildsetId))) {
    await completeBuildset(statements, id, now);
  }
}

/** A buildset is complete when all its requests are: 0 when every one ended well (0 or 1), else 2. */
export async function completeBuildset(statements: Statements, id: number, now: number): Promise<void> {
  const requests = await statements.rows<{ complete: number; results: number | null }>(
    'SELECT complete, results FROM buildrequests WHERE buildsetid = ?',
    [id],
  );
  if (requests.some(({ complete }) => complete === 0)) return;
  const results = requests.every(({ results }) => results === 0 || results === 1) ? 0 : 2;
  await statements.change(
    'UPDATE buildsets SET complete = 1, results = ?, complete_at = ? WHERE id = ? AND complete = 0',
    [results, epoch(statements.dialect, now), id],
  );
}

/** Ends a request that was cancelled on Buildbot's web page before it started. @returns whether it was */
export async function retireCancelled(
  statements: Statements,
  claims: Claims,
  request: { brid: number; buildsetId: number },
  master: MasterIdentity,
  now: number,
): Promise<boolean> {
  const done = await claims.cancel(statements, request.brid, master, now);
  if (done) await completeBuildset(statements, request.buildsetId, now);
  return done;
}
