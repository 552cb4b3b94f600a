import { Invalid } from '@bbb/rules';
import type { QueryRunner } from 'typeorm';
import { URL_SETTING } from '../url-setting.js';
import { createSchemaDialect } from './schema-dialect.js';

/** Where it is written down which migrations were run. */
export const MIGRATIONS_TABLE = 'bridge_migrations';

/** A migration that this database has. */
export interface DoneMigration {
  name: string;
  /** The version of the program that ran it; nothing of a version that did not write that down. */
  version?: string;
}

/** The migrations that were run, in their order. */
export async function readHistory(runner: QueryRunner): Promise<DoneMigration[]> {
  if (!(await runner.hasTable(MIGRATIONS_TABLE))) return [];
  const { quote } = createSchemaDialect(runner);
  // All columns: the table may be older than the one with the version.
  const rows = (await runner.query(`SELECT * FROM ${quote(MIGRATIONS_TABLE)} ORDER BY id`)) as {
    name: string;
    version?: string | null;
  }[];
  return rows.map(({ name, version }) => ({ name, ...(version ? { version } : {}) }));
}

/** Writes down which version of the program ran these migrations. */
export async function recordVersion(
  runner: QueryRunner,
  names: readonly string[],
  version: string,
): Promise<void> {
  if (names.length === 0) return;
  const { quote } = createSchemaDialect(runner);
  const table = quote(MIGRATIONS_TABLE);
  if (!(await runner.hasColumn(MIGRATIONS_TABLE, 'version')))
    await runner.query(`ALTER TABLE ${table} ADD COLUMN ${quote('version')} VARCHAR(64) NULL`);
  const list = names.map(quoteText).join(', ');
  await runner.query(
    `UPDATE ${table} SET ${quote('version')} = ${quoteText(version)} WHERE ${quote('name')} IN (${list})`,
  );
}

/**
 * Makes sure that a database is not newer than the program, as it is after the program was rolled back.
 *
 * @param known names of the migrations of this program
 * @throws Invalid when it has others, with the version that ran them
 */
export function refuseNewer(history: readonly DoneMigration[], known: ReadonlySet<string>): void {
  const newer = history.filter(({ name }) => !known.has(name));
  if (newer.length === 0) return;
  const versions = [...new Set(newer.map(({ version }) => version ?? 'unknown'))].join(', ');
  const names = newer.map(({ name }) => name).join(', ');
  throw new Invalid(
    `${URL_SETTING}: the database was migrated by a newer version of the bridge (version ${versions}; ${names}); ` +
      'nothing was changed. Install that version again, or let it go back first: `buildbot-bridge migrate --to VERSION`',
  );
}

/** Names of classes and versions of packages need no escaping. */
function quoteText(text: string): string {
  return `'${text.replace(/[^\w.+-]/g, '')}'`;
}
