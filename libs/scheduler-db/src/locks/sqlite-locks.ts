import type { RequestKey } from '@bbb/rules';
import { retryWhenBusy } from '@bbb/sql';
import type { KeyLocks, LockedKeys } from './key-locks.js';
import { translateDriverErrors } from '../connection/driver-errors.js';
import type { LazySource } from '../connection/lazy-source.js';
import { chooseRequest, findByKeys } from '../requests/find-by-key.js';
import type { RequestRows } from '../requests/request-rows.js';
import { insertInto, type Row, type Statement } from '../connection/sql.js';

/**
 * Locks the whole file by BEGIN IMMEDIATE: readers go on, writers wait. The connection is the only one of its source,
 * so within this process one transaction follows the other.
 *
 * @param source used for nothing else
 * @param patience seconds to wait for the file
 */
export function createSqliteLocks(source: LazySource, patience: number): KeyLocks {
  let last: Promise<unknown> = Promise.resolve();
  return (keys, work) => {
    const turn = last.then(() => runUnderLocks(keys, work));
    last = turn.catch(() => undefined);
    return turn;
  };

  async function runUnderLocks<T>(
    keys: readonly RequestKey[],
    work: (locked: LockedKeys) => Promise<T>,
  ): Promise<T> {
    const runner = await source.openRunner();
    const run = ({ sql, values }: Statement) =>
      translateDriverErrors(async () => (await runner.query(sql, [...values])) as Row[]);
    const tryPatiently = (sql: string) =>
      translateDriverErrors(() => retryWhenBusy(async () => void (await runner.query(sql)), patience));
    await tryPatiently('BEGIN IMMEDIATE');
    let settled = false;
    try {
      const rows = await run(findByKeys(keys));
      return await work({
        found: new Map(keys.map((key) => [key, chooseRequest(rows, key)])),
        insert: async (requests) => {
          const ids: number[] = [];
          for (const request of requests) ids.push(await insertAll(request, run));
          // Busy while another connection reads; the transaction stays open meanwhile.
          await tryPatiently('COMMIT');
          settled = true;
          return ids;
        },
      });
    } finally {
      // A connection that cannot go back is given up, and its transaction with it.
      if (!settled) await tryPatiently('ROLLBACK').catch(() => source.close());
    }
  }
}

async function insertAll(
  { sourcestamp, buildset, properties, buildrequest, inSet }: RequestRows,
  run: (statement: Statement) => Promise<Row[]>,
): Promise<number> {
  const insert = async ({ sql, values }: Statement) => {
    const [row] = await run({ sql: `${sql} RETURNING id`, values });
    return Number(row?.id);
  };
  const set = inSet
    ? { sourcestampsetid: await insert({ sql: 'INSERT INTO sourcestampsets DEFAULT VALUES', values: [] }) }
    : undefined;
  const sourcestampid = await insert(insertInto('sourcestamps', { ...sourcestamp, ...set }));
  const buildsetid = await insert(insertInto('buildsets', { ...buildset, ...(set ?? { sourcestampid }) }));
  await run({
    sql:
      'INSERT INTO buildset_properties (buildsetid, property_name, property_value) VALUES ' +
      properties.map(() => '(?, ?, ?)').join(', '),
    values: properties.flatMap(([name, value]) => [buildsetid, name, value]),
  });
  return insert(insertInto('buildrequests', { ...buildrequest, buildsetid }));
}
