import type { RequestKey } from '@bbb/rules';
import { lockNumber, type KeyLocks } from './key-locks.js';
import type { LazySource } from '../connection/lazy-source.js';
import { chooseRequest, findByKeys } from '../requests/find-by-key.js';
import type { RequestRows } from '../requests/request-rows.js';
import { numberPlaceholders } from '@bbb/sql';
import type { HeldConnection } from '../connection/held-connection.js';
import type { Row, Statement, Value } from '../connection/sql.js';

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/**
 * Locks keys by advisory locks that end with the transaction. READ COMMITTED, so that the look-up sees what the locks'
 * last holders wrote. Four round trips make the request of one key, five those of any number.
 *
 * @param patience seconds to wait for a lock
 */
export function createPostgresLocks(source: LazySource, patience: number): KeyLocks {
  return async (keys, work) => {
    const session = await source.openSession();
    let settled = false;
    try {
      const [only, ...others] = keys;
      const locked =
        only && others.length === 0
          ? [await waitFor(session, only, patience)]
          : await lockFree(session, keys);
      const look = findByKeys(keys);
      const rows = await session.query<Row[]>(numberPlaceholders('postgres', look.sql), look.values);
      return await work({
        found: new Map(locked.map((key) => [key, chooseRequest(rows, key)])),
        insert: async (requests) => {
          const { sql, values } = insertStatement(requests);
          const inserted = await session.query<Row[]>(numberPlaceholders('postgres', sql), values);
          await session.query('COMMIT');
          settled = true;
          return inserted.map(({ id }) => Number(id));
        },
      });
    } finally {
      await (settled ? session.release() : session.end('ROLLBACK'));
    }
  };
}

async function waitFor(session: HeldConnection, key: RequestKey, patience: number): Promise<RequestKey> {
  await session.query(
    `${BEGIN}; SET LOCAL lock_timeout = ${Math.ceil(patience * 1000)}; ` +
      `SELECT pg_advisory_xact_lock(${lockNumber(key)})`,
  );
  return key;
}

/** Locks the keys that nobody holds, and returns them. */
async function lockFree(session: HeldConnection, keys: readonly RequestKey[]): Promise<RequestKey[]> {
  const locks = keys.map((key, index) => `pg_try_advisory_xact_lock(${lockNumber(key)}) AS held${index}`);
  await session.query(BEGIN);
  const [state] = await session.query<Row[]>(`SELECT ${locks.join(', ')}`);
  return keys.filter((_, index) => state?.[`held${index}`] === true);
}

/** All inserts of requests as one statement, each taking the ids of those before it. */
function insertStatement(requests: readonly RequestRows[]): Statement {
  const parts = requests.map(insertParts);
  const ids = requests.map((_, index) => `SELECT ${index} AS place, id FROM request${index}`);
  return {
    sql: `WITH ${parts.map(({ sql }) => sql).join(', ')} ${ids.join(' UNION ALL ')} ORDER BY place`,
    values: parts.flatMap(({ values }) => values),
  };
}

function insertParts(
  { sourcestamp, buildset, properties, buildrequest, inSet }: RequestRows,
  index: number,
): Statement {
  const [set, stamp, ours] = [`stampset${index}`, `stamp${index}`, `buildset${index}`];
  const parts = [
    ...(inSet ? [`${set} AS (INSERT INTO sourcestampsets DEFAULT VALUES RETURNING id)`] : []),
    inSet
      ? `${stamp} AS (${selectInto('sourcestamps', sourcestamp, 'sourcestampsetid', set)})`
      : `${stamp} AS (${selectInto('sourcestamps', sourcestamp)})`,
    inSet
      ? `${ours} AS (${selectInto('buildsets', buildset, 'sourcestampsetid', set)})`
      : `${ours} AS (${selectInto('buildsets', buildset, 'sourcestampid', stamp)})`,
    `properties${index} AS (INSERT INTO buildset_properties (buildsetid, property_name, property_value) ` +
      `SELECT ${ours}.id, p.name, p.value FROM ${ours}, unnest(?::text[], ?::text[]) AS p(name, value))`,
    `request${index} AS (${selectInto('buildrequests', buildrequest, 'buildsetid', ours)})`,
  ];
  return {
    sql: parts.join(', '),
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
