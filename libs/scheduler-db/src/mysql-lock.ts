import { Unavailable } from '@bbb/bridge';
import { lockName, type KeyLock } from './key-lock.js';
import { SYSTEM } from './answered.js';
import type { LazySource } from './lazy-source.js';
import { chosen, lookUp } from './look-up.js';
import type { RequestRows } from './request-rows.js';
import { insertInto, type Row, type Statement, type Value } from './statement.js';

/** Not strict enough by default: an over-long value would be cut, and half a property blocks a builder. */
const SQL_MODE = 'STRICT_ALL_TABLES';

/**
 * Locks keys by GET_LOCK, which also works where tables know no transactions (MyISAM): there the order of the inserts
 * is all that protects a reader. Two round trips make a request.
 *
 * @param patience seconds to wait for a lock
 */
export function mysqlLock(source: LazySource, patience: number): KeyLock {
  return async (key, work) => {
    const session = await source.session();
    const name = lockName(key);
    const undo = `ROLLBACK; DO RELEASE_LOCK('${name.replace(/[^\w:-]/g, '')}')`;
    let settled = false;
    try {
      const look = lookUp(key);
      // The transaction begins after the lock is there, so that it sees what the lock's last holder wrote.
      const [, , [state], , rows] = await session.query<[unknown, unknown, Row[], unknown, Row[]]>(
        `SET SESSION sql_mode = '${SQL_MODE}'; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; ` +
          `SELECT GET_LOCK(?, ?) AS granted, @@SESSION.sql_mode AS mode; START TRANSACTION; ${look.sql}`,
        [name, patience, ...look.values],
      );
      if (Number(state?.granted) !== 1)
        throw new Unavailable(SYSTEM, 'the lock of the task is held elsewhere');
      if (!String(state?.mode).includes(SQL_MODE)) throw new Unavailable(SYSTEM, 'strict mode cannot be set');

      return await work({
        found: chosen(rows, key),
        insert: async (request) => {
          const script = insertScript(request);
          const results = await session.query<{ insertId?: number | string }[]>(
            `${script.sql}; COMMIT; DO RELEASE_LOCK(?)`,
            [...script.values, name],
          );
          settled = true;
          // The last insert, before COMMIT and DO.
          return Number(results.at(-3)?.insertId);
        },
      });
    } finally {
      await (settled ? session.release() : session.end(undo));
    }
  };
}

/** All inserts of a request as one script; the request comes last, because masters look for nothing else. */
function insertScript({ sourcestamp, buildset, properties, buildrequest, inSet }: RequestRows): Statement {
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
  return {
    sql: parts.map(({ sql }) => sql).join('; '),
    values: parts.flatMap(({ values }): readonly Value[] => values),
  };
}
