import { Unavailable } from '@bbb/rules';
import { lockName, type KeyLocks } from './key-locks.js';
import { SYSTEM } from '../connection/driver-errors.js';
import type { LazySource } from '../connection/lazy-source.js';
import { chooseRequest, findByKeys } from '../requests/find-by-key.js';
import type { RequestRows } from '../requests/request-rows.js';
import { insertInto, type Row, type Statement } from '../connection/sql.js';

/** Not strict enough by default: an over-long value would be cut, and half a property blocks a builder. */
const SQL_MODE = 'STRICT_ALL_TABLES';

/**
 * Locks keys by GET_LOCK, which also works where tables know no transactions (MyISAM): there the order of the inserts
 * is all that protects a reader. Two round trips make the requests of all keys.
 *
 * What counts is which locks are held in the end: before MySQL 5.7 each of them takes the place of the last.
 *
 * @param patience seconds to wait for a lock
 */
export function createMysqlLocks(source: LazySource, patience: number): KeyLocks {
  return async (keys, work) => {
    const session = await source.openSession();
    const names = keys.map(lockName);
    const wait = keys.length === 1 ? patience : 0;
    let settled = false;
    try {
      const look = findByKeys(keys);
      // The transaction begins after the locks are there, so that it sees what their last holders wrote.
      const [, , , [state], , rows] = await session.query<[unknown, unknown, unknown, Row[], unknown, Row[]]>(
        `SET SESSION sql_mode = '${SQL_MODE}'; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; ` +
          `DO ${names.map(() => 'GET_LOCK(?, ?)').join(', ')}; SELECT @@SESSION.sql_mode AS mode, ` +
          `${names.map((_, index) => `IS_USED_LOCK(?) = CONNECTION_ID() AS held${index}`).join(', ')}; ` +
          `START TRANSACTION; ${look.sql}`,
        [...names.flatMap((name) => [name, wait]), ...names, ...look.values],
      );
      if (!String(state?.mode).includes(SQL_MODE)) throw new Unavailable(SYSTEM, 'strict mode cannot be set');
      const locked = keys.filter((_, index) => Number(state?.[`held${index}`]) === 1);
      if (keys.length === 1 && locked.length === 0)
        throw new Unavailable(SYSTEM, 'the lock of the task is held by another instance');

      return await work({
        found: new Map(locked.map((key) => [key, chooseRequest(rows, key)])),
        insert: async (requests) => {
          const scripts = requests.map(insertScript);
          const statements = scripts.flat();
          const results = await session.query<{ insertId?: number | string }[]>(
            `${statements.map(({ sql }) => sql).join('; ')}; COMMIT; DO ${release(names.map(() => '?'))}`,
            [...statements.flatMap(({ values }) => values), ...names],
          );
          settled = true;
          let end = 0;
          return scripts.map(({ length }) => Number(results[(end += length) - 1]?.insertId));
        },
      });
    } finally {
      const quoted = names.map((name) => `'${name.replace(/[^\w:-]/g, '')}'`);
      await (settled ? session.release() : session.end(`ROLLBACK; DO ${release(quoted)}`));
    }
  };
}

function release(names: readonly string[]): string {
  return names.map((name) => `RELEASE_LOCK(${name})`).join(', ');
}

/** All inserts of a request as one script; the request comes last, because masters look for nothing else. */
function insertScript({ sourcestamp, buildset, properties, buildrequest, inSet }: RequestRows): Statement[] {
  const parts: Statement[] = [];
  const keep = (variable: string) => parts.push({ sql: `SET @${variable} = LAST_INSERT_ID()`, values: [] });
  if (inSet) {
    parts.push({ sql: 'INSERT INTO sourcestampsets () VALUES ()', values: [] });
    keep('bbb_set');
    parts.push(insertInto('sourcestamps', sourcestamp, { sourcestampsetid: '@bbb_set' }));
    parts.push(insertInto('buildsets', buildset, { sourcestampsetid: '@bbb_set' }));
  } else {
    parts.push(insertInto('sourcestamps', sourcestamp));
    parts.push(insertInto('buildsets', buildset, { sourcestampid: 'LAST_INSERT_ID()' }));
  }
  keep('bbb_buildset');
  parts.push({
    sql:
      'INSERT INTO buildset_properties (buildsetid, property_name, property_value) VALUES ' +
      properties.map(() => '(@bbb_buildset, ?, ?)').join(', '),
    values: properties.flat(),
  });
  parts.push(insertInto('buildrequests', buildrequest, { buildsetid: '@bbb_buildset' }));
  return parts;
}
