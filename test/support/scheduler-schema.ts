import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { createDataSourceOptions, parseDatabaseUrl } from '@bbb/sql';
import type { TestDatabase } from './databases.js';

export type SchedulerVersion = 6 | 24;

/** MySQL's engine for every table; as dumped (6) and declared (24) unless told. */
export type SchedulerEngine = 'InnoDB' | 'MyISAM';

const FILES: Record<SchedulerVersion, string> = {
  6: 'scheduler-db-v6-buildbot-0.8.2',
  24: 'scheduler-db-v24-buildbot-0.8.14',
};

/** Makes Buildbot 0.8's scheduler tables, empty, in a database of a test. */
export async function installSchedulerSchema(
  database: TestDatabase,
  version: SchedulerVersion,
  options: { engine?: SchedulerEngine } = {},
): Promise<void> {
  const dialect = database.kind === 'mysql' ? 'mysql' : 'sqlite';
  const file = new URL(`../fixtures/ddl/${FILES[version]}.${dialect}.sql`, import.meta.url);
  const statements = (await readFile(fileURLToPath(file), 'utf8'))
    .replace(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter(Boolean);
  // The dump of schema 24 comes without the table of sqlalchemy-migrate.
  if (version === 24) {
    statements.push(
      'CREATE TABLE migrate_version (repository_id VARCHAR(250) NOT NULL PRIMARY KEY, repository_path TEXT, version INTEGER)',
      `INSERT INTO migrate_version VALUES ('Buildbot', 'db/migrate', 24)`,
    );
  }
  const flavoured = statements.map((statement) => chooseFlavour(statement, database.kind, options));
  const source = await openTestDatabase(database, { multipleStatements: true });
  try {
    // One round trip where the driver can, else one commit.
    const scripts = database.kind === 'sqlite' ? ['BEGIN', ...flavoured, 'COMMIT'] : [flavoured.join('; ')];
    for (const script of scripts) await source.query(script);
  } finally {
    await source.destroy();
  }
}

/** A connection of the test's own; SQLite's file is left in the journal mode it has. */
export async function openTestDatabase(
  database: TestDatabase,
  mysql: { multipleStatements?: boolean } = {},
): Promise<DataSource> {
  const options = createDataSourceOptions(parseDatabaseUrl(database.url), { poolSize: 4, connectTimeout: 5 });
  return new DataSource({
    ...options,
    logging: false,
    ...(options.type === 'mysql' ? mysql : {}),
    ...(options.type === 'better-sqlite3'
      ? {
          prepareDatabase: (opened: { pragma(text: string): unknown }) =>
            void opened.pragma('busy_timeout = 5'),
        }
      : {}),
  }).initialize();
}

function chooseFlavour(
  statement: string,
  kind: TestDatabase['kind'],
  { engine }: { engine?: SchedulerEngine },
): string {
  if (kind === 'mysql' && engine) return statement.replace(/ENGINE=\w+/, `ENGINE=${engine}`);
  if (kind === 'postgres')
    return statement.replace(/INTEGER (NOT NULL )?PRIMARY KEY( AUTOINCREMENT)?/g, 'SERIAL PRIMARY KEY');
  return statement;
}
