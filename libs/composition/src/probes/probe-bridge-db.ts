import {
  findClockProblem,
  findMissingRights,
  findPendingMigrations,
  refuseNewerSchema,
  withDataSource,
} from '@bbb/bridge-db';
import type { Configuration, ServiceName } from '@bbb/configuration';
import type { ProbeResult } from './probe-result.js';

const SYSTEM = 'bridge-db';

/**
 * Checks that the bridge database can be reached, is migrated, and lets the account of these services do what they do
 * with each table. Changes nothing.
 */
export async function probeBridgeDb(
  { bridgeDb: { url }, journal }: Configuration,
  services: readonly ServiceName[],
  remedy: string,
): Promise<ProbeResult[]> {
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
    const missing = await findMissingRights(source, services);
    if (journal.days === 0) missing.delete('bridge_journal');
    if (missing.size > 0)
      return [...missing].map(([table, rights]) => ({
        system: SYSTEM,
        // Without its journal the bridge works, and cannot be asked what it did.
        status: table === 'bridge_journal' ? 'warning' : 'failed',
        what: `the table ${table} cannot be used with ${rights.join(', ')}: a right is missing, or it is read-only`,
        remedy: `${remedy}; see docs/least-privilege.md`,
      }));
    const problem = await findClockProblem(url, (sql) => source.query(sql));
    return [
      { system: SYSTEM, status: 'ok', what: 'reached, migrated and writable' },
      ...(problem === undefined
        ? []
        : [{ system: 'bridge-db-clock', status: 'warning', what: problem, remedy } as const]),
    ];
  });
}
