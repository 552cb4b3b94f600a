import { findClockProblem, findPendingMigrations, refuseNewerSchema, withDataSource } from '@bbb/bridge-db';
import type { DatabaseConfiguration } from '@bbb/configuration';
import type { ProbeResult } from './probe-result.js';

const SYSTEM = 'bridge-db';

/** For the tables that every service needs, statements that change nothing and fail when a right is missing or the server is read-only. */
const RIGHTS = {
  tasks: {
    SELECT: 'SELECT 1 FROM tasks WHERE 1 = 0',
    INSERT: 'INSERT INTO tasks SELECT * FROM tasks WHERE 1 = 0',
    UPDATE: 'UPDATE tasks SET rev = rev WHERE 1 = 0',
    DELETE: 'DELETE FROM tasks WHERE 1 = 0',
  },
  bridge_pauses: { SELECT: 'SELECT 1 FROM bridge_pauses WHERE 1 = 0' },
  bridge_instances: {
    INSERT: 'INSERT INTO bridge_instances SELECT * FROM bridge_instances WHERE 1 = 0',
    UPDATE: 'UPDATE bridge_instances SET pid = pid WHERE 1 = 0',
    DELETE: 'DELETE FROM bridge_instances WHERE 1 = 0',
  },
};

/** Checks that the bridge database can be reached, is migrated, and accepts writes. Changes nothing. */
export async function probeBridgeDb({ url }: DatabaseConfiguration, remedy: string): Promise<ProbeResult[]> {
  return withDataSource({ url, asFound: true }, async (source) => {
    await refuseNewerSchema(source);
    const pending = await findPendingMigrations(source);
    if (pending) {
      const isFile = source.options.type === 'better-sqlite3';
      const what = `${pending.migrations.length} migration(s) are pending`;
      return isFile
        ? [{ system: SYSTEM, status: 'warning', what, remedy: 'a service migrates the file when it starts' }]
        : [{ system: SYSTEM, status: 'failed', what, remedy: 'run: buildbot-bridge migrate' }];
    }
    for (const [table, rights] of Object.entries(RIGHTS)) {
      const missing: string[] = [];
      for (const [right, statement] of Object.entries(rights))
        await source.query(statement).catch(() => missing.push(right));
      if (missing.length === 0) continue;
      const what = `the table ${table} cannot be used with ${missing.join(', ')}: a right is missing, or it is read-only`;
      return [{ system: SYSTEM, status: 'failed', what, remedy: `${remedy}; see docs/least-privilege.md` }];
    }
    const problem = await findClockProblem(url, (sql) => source.query(sql));
    return [
      { system: SYSTEM, status: 'ok', what: 'reached, migrated and writable' },
      ...(problem === undefined
        ? []
        : [{ system: 'bridge-db-clock', status: 'warning', what: problem, remedy } as const]),
    ];
  });
}
