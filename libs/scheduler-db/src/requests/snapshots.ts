import type { RequestSnapshot } from '@bbb/rules';
import { listPlaceholders } from '@bbb/sql';
import { deriveState, type BuildFacts } from './request-state.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { MARK_COLUMNS, markJoin, namesRun, readMark, RUN_PROPERTY } from './request-rows.js';
import { toNumber, type Row, type Statement } from '../connection/sql.js';

/**
 * Reads requests with all their builds in one statement: two would see different moments, and a build that began and
 * ended in between would look like a RETRY. One statement sees one moment even on MyISAM, which locks both tables.
 */
export function selectRequests(ids: readonly number[], schema: SchedulerSchema): Statement {
  const claim = schema.claims === 'columns' ? 'br.claimed_at' : 'c.claimed_at';
  const stamp =
    schema.sourcestamps === 'single'
      ? 'ss.id = bs.sourcestampid'
      : 'ss.sourcestampsetid = bs.sourcestampsetid';
  return {
    sql:
      'SELECT br.id AS id, br.buildername AS buildername, br.complete AS complete, ' +
      `br.results AS results, br.complete_at AS complete_at, ${claim} AS claimed_at, ss.branch AS branch, ` +
      `${MARK_COLUMNS}, ` +
      'b.id AS build_id, b.number AS build_number, b.finish_time AS finish_time ' +
      'FROM buildrequests br LEFT JOIN buildsets bs ON bs.id = br.buildsetid ' +
      `LEFT JOIN sourcestamps ss ON ${stamp} ${markJoin('bs.id')} ` +
      (schema.claims === 'table' ? 'LEFT JOIN buildrequest_claims c ON c.brid = br.id ' : '') +
      `LEFT JOIN builds b ON b.brid = br.id WHERE br.id IN (${listPlaceholders(ids.length)}) ORDER BY br.id, ss.id, b.id`,
    values: [RUN_PROPERTY, ...ids],
  };
}

/** A request, and the branch of its source stamp, by which alone Self Serve finds it; null where it has none. */
export interface SchedulerRequest {
  snapshot: RequestSnapshot;
  branch: string | null;
}

/** Gathers the rows of {@link selectRequests}, one per request and build, into requests. */
export function toRequests(rows: readonly Row[], schema: SchedulerSchema): SchedulerRequest[] {
  const requests = new Map<number, { row: Row; builds: BuildFacts[] }>();
  for (const row of rows) {
    const id = Number(row.id);
    const request = requests.get(id) ?? { row, builds: [] };
    requests.set(id, request);
    if (namesRun(row)) request.row = row;
    if (row.build_id === null) continue;
    request.builds.push({
      buildId: Number(row.build_id),
      number: Number(row.build_number),
      finishTime: toNumber(row.finish_time),
    });
  }
  return [...requests].map(([buildRequestId, { row, builds }]) => ({
    snapshot: {
      buildRequestId,
      key: readMark(row),
      buildername: row.buildername as string,
      state: deriveState(
        {
          complete: Number(row.complete) !== 0,
          results: toNumber(row.results),
          completeAt: toNumber(row.complete_at),
          claimedAt: toNumber(row.claimed_at),
        },
        builds,
        schema.claims,
      ),
    },
    branch: row.branch as string | null,
  }));
}
