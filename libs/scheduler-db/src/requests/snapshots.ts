import { Invalid, type RequestSnapshot } from '@bbb/rules';
import { listPlaceholders } from '@bbb/sql';
import { readNumber, requireNumber, requireText } from '../connection/columns.js';
import type { Row, Statement } from '../connection/sql.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { MARK_COLUMNS, joinMarks, namesRun, readMark, RUN_PROPERTY } from './request-rows.js';
import { type BuildFacts, deriveState } from './request-state.js';

/** What a statement reads besides the snapshot. */
interface Additions {
  columns: string;
  joins: string;
}

/**
 * Reads requests with all their builds in one statement: two would see different moments, and a build that began and
 * ended in between would look like a RETRY. One statement sees one moment even on MyISAM, which locks its tables.
 */
export function selectRequests(
  ids: readonly number[],
  schema: SchedulerSchema,
  { columns, joins }: Additions = { columns: '', joins: '' },
): Statement {
  const claim = schema.claims === 'columns' ? 'br.claimed_at' : 'c.claimed_at';
  return {
    sql:
      'SELECT br.id AS id, br.buildername AS buildername, br.complete AS complete, ' +
      `br.results AS results, br.complete_at AS complete_at, ${claim} AS claimed_at, ${MARK_COLUMNS}, ` +
      `b.id AS build_id, b.number AS build_number, b.finish_time AS finish_time${columns} ` +
      `FROM buildrequests br LEFT JOIN buildsets bs ON bs.id = br.buildsetid ${joins}${joinMarks('bs.id')} ` +
      (schema.claims === 'table' ? 'LEFT JOIN buildrequest_claims c ON c.brid = br.id ' : '') +
      `LEFT JOIN builds b ON b.brid = br.id WHERE br.id IN (${listPlaceholders(ids.length)}) ORDER BY br.id, b.id`,
    values: [RUN_PROPERTY, ...ids],
  };
}

/**
 * Makes a snapshot of each request from the rows of {@link selectRequests}, one per request and build. A request that
 * cannot be read has an error in place of its snapshot and does not keep the others from being read.
 */
export function toSnapshots(
  rows: readonly Row[],
  schema: SchedulerSchema,
): Map<number, RequestSnapshot | Invalid> {
  const snapshots = new Map<number, RequestSnapshot | Invalid>();
  for (const [buildRequestId, group] of groupByRequest(rows))
    snapshots.set(buildRequestId, tryToSnapshot(buildRequestId, group, schema));
  return snapshots;
}

function groupByRequest(rows: readonly Row[]): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const id = Number(row.id);
    const group = groups.get(id);
    if (group) group.push(row);
    else groups.set(id, [row]);
  }
  return groups;
}

function tryToSnapshot(
  buildRequestId: number,
  rows: readonly Row[],
  schema: SchedulerSchema,
): RequestSnapshot | Invalid {
  try {
    return toSnapshot(buildRequestId, rows, schema);
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
}

function toSnapshot(buildRequestId: number, rows: readonly Row[], schema: SchedulerSchema): RequestSnapshot {
  const row = rows.find(namesRun) ?? rows[0]!;
  const facts = {
    complete: requireNumber(row, 'complete') !== 0,
    results: readNumber(row, 'results'),
    completeAt: readNumber(row, 'complete_at'),
    claimedAt: readNumber(row, 'claimed_at'),
  };
  const builds = rows.filter(({ build_id }) => build_id !== null).map(toBuild);
  return {
    buildRequestId,
    key: readMark(row),
    buildername: requireText(row, 'buildername'),
    state: deriveState(facts, builds, schema.claims),
  };
}

function toBuild(row: Row): BuildFacts {
  return {
    buildId: requireNumber(row, 'build_id'),
    number: requireNumber(row, 'build_number'),
    finishTime: readNumber(row, 'finish_time'),
  };
}
