import { lockNumber, type KeyLock } from './key-lock.js';
import type { LazySource } from './lazy-source.js';
import { chosen, lookUp } from './look-up.js';
import type { RequestRows } from './request-rows.js';
import { placeholders } from '@bbb/sql';
import type { Row, Statement, Value } from './statement.js';

/**
 * Locks keys by an advisory lock that ends with the transaction. READ COMMITTED, so that the look-up sees what the
 * lock's last holder wrote. Four round trips make a request.
 *
 * @param patience seconds to wait for a lock
 */
export function postgresLock(source: LazySource, patience: number): KeyLock {
  return async (key, work) => {
    const session = await source.session();
    let settled = false;
    try {
      await session.query(
        'BEGIN ISOLATION LEVEL READ COMMITTED; ' +
          `SET LOCAL lock_timeout = ${Math.ceil(patience * 1000)}; ` +
          `SELECT pg_advisory_xact_lock(${lockNumber(key)})`,
      );
      const look = lookUp(key);
      const rows = await session.query<Row[]>(placeholders('postgres', look.sql), look.values);
      return await work({
        found: chosen(rows, key),
        insert: async (request) => {
          const { sql, values } = insertStatement(request);
          const [row] = await session.query<Row[]>(placeholders('postgres', sql), values);
          await session.query('COMMIT');
          settled = true;
          return Number(row?.id);
        },
      });
    } finally {
      await (settled ? session.release() : session.end('ROLLBACK'));
    }
  };
}

/** All inserts of a request as one statement, each taking the ids of those before it. */
function insertStatement({ sourcestamp, buildset, properties, buildrequest, inSet }: RequestRows): Statement {
  const parts = [
    ...(inSet ? ['stampset AS (INSERT INTO sourcestampsets DEFAULT VALUES RETURNING id)'] : []),
    inSet
      ? `stamp AS (${selectInto('sourcestamps', sourcestamp, 'sourcestampsetid', 'stampset')})`
      : `stamp AS (${selectInto('sourcestamps', sourcestamp)})`,
    inSet
      ? `buildset AS (${selectInto('buildsets', buildset, 'sourcestampsetid', 'stampset')})`
      : `buildset AS (${selectInto('buildsets', buildset, 'sourcestampid', 'stamp')})`,
    'properties AS (INSERT INTO buildset_properties (buildsetid, property_name, property_value) ' +
      'SELECT buildset.id, p.name, p.value FROM buildset, unnest(?::text[], ?::text[]) AS p(name, value))',
  ];
  return {
    sql: `WITH ${parts.join(', ')} ${selectInto('buildrequests', buildrequest, 'buildsetid', 'buildset')}`,
    values: [
      ...Object.values(sourcestamp),
      ...Object.values(buildset),
      properties.map(([name]) => name),
      properties.map(([, value]) => value),
      ...Object.values(buildrequest),
    ],
  };
}

/** An insert of one row, with the id of another part in one of its columns; types are named, as SELECT needs them. */
function selectInto(table: string, row: Record<string, Value>, column?: string, part?: string): string {
  const columns = [...Object.keys(row), ...(column ? [column] : [])].join(', ');
  const values = Object.values(row).map((value) => (typeof value === 'number' ? '?::integer' : '?::text'));
  const source = part ? ` FROM ${part}` : '';
  return (
    `INSERT INTO ${table} (${columns}) ` +
    `SELECT ${[...values, ...(part ? [`${part}.id`] : [])].join(', ')}${source} RETURNING id`
  );
}
