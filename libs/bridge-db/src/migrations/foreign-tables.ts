import { Invalid } from '@bbb/rules';
import type { QueryRunner } from 'typeorm';
import { URL_SETTING } from '../url-setting.js';

/** Tables of ours, of any version and of a migration that was cut off. `tasks` is the Python bridge's, too. */
const OURS = /^(?:tasks|tasks_superseded|messages|bridge_\w+)$/i;

/** Tables that only Buildbot's scheduler database has. */
const BUILDBOTS = new Set(['buildrequests', 'buildsets', 'sourcestamps', 'sourcestampsets', 'schedulers']);

/** Names that a refusal lists at most. */
const LISTED = 5;

/**
 * Makes sure that a database is the bridge's before anything is migrated in it.
 *
 * @throws Invalid when it holds Buildbot's tables, or others that are neither ours nor the Python bridge's
 */
export async function refuseForeignTables(runner: QueryRunner): Promise<void> {
  const foreign = (await readTableNames(runner)).filter((name) => !OURS.test(name));
  if (foreign.length === 0) return;
  const isBuildbots = foreign.some((name) => BUILDBOTS.has(name.toLowerCase()));
  const names = foreign.slice(0, LISTED).join(', ') + (foreign.length > LISTED ? ', ...' : '');
  const what = isBuildbots ? "is Buildbot's scheduler database" : `holds ${foreign.length} foreign table(s)`;
  throw new Invalid(
    `${URL_SETTING}: the database ${what} (${names}); nothing was changed. ` +
      'Let the setting name a database that belongs to the bridge alone',
  );
}

async function readTableNames(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(listTables(runner))) as { name: string }[];
  return rows.map(({ name }) => name).sort();
}

function listTables(runner: QueryRunner): string {
  switch (runner.dataSource.options.type) {
    case 'mysql':
      return `SELECT TABLE_NAME AS name FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`;
    case 'postgres':
      return 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()';
    default:
      return `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;
  }
}
