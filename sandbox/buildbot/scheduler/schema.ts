import { parseDatabaseUrl, type Dialect } from '@bbb/sql';
import { SchedulerConnection } from './connection.js';
import { SCHEMA_V24 } from './schema-v24.js';
import { SCHEMA_V6 } from './schema-v6.js';

/** 6: Buildbot 0.8.2 and Mozilla's fork; 24: Buildbot 0.8.9 to 0.8.14. */
export type SchedulerSchema = 6 | 24;

export interface SchemaOptions {
  /** MySQL only. Mozilla's schema 6 was dumped with MyISAM, which has no transactions; 24 came with InnoDB. */
  engine?: 'MyISAM' | 'InnoDB';
}

const STATEMENTS: Record<SchedulerSchema, readonly string[]> = { 6: SCHEMA_V6, 24: SCHEMA_V24 };

const IDENTITY: Record<Dialect, string> = {
  sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  mysql: 'INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY',
  postgres: 'SERIAL PRIMARY KEY',
};

/** The statements that make an empty database into a Buildbot master's, for one dialect. */
export function schedulerSchema(
  dialect: Dialect,
  version: SchedulerSchema,
  options: SchemaOptions = {},
): string[] {
  const engine = options.engine ?? (version === 6 ? 'MyISAM' : 'InnoDB');
  // Three-byte characters, as Buildbot's manual told sites to create the database.
  const suffix = dialect === 'mysql' ? ` ENGINE=${engine} DEFAULT CHARSET=utf8mb3` : '';
  return STATEMENTS[version].map((statement) => {
    const text = statement
      .replaceAll('$id', IDENTITY[dialect])
      // MySQL's TEXT has no default: an INSERT has to name the column.
      .replaceAll('$text', dialect === 'mysql' ? 'TEXT NOT NULL' : "TEXT NOT NULL DEFAULT ''")
      .replaceAll('$short', dialect === 'mysql' ? '(255)' : '');
    return text.startsWith('CREATE TABLE') ? text + suffix : text;
  });
}

/**
 * Makes an empty database into a Buildbot master's.
 *
 * @param databaseUrl in SQLAlchemy's form
 * @throws Invalid when the URL is of no supported form
 */
export async function createSchedulerSchema(
  databaseUrl: string,
  version: SchedulerSchema,
  options: SchemaOptions = {},
): Promise<void> {
  const { dialect } = parseDatabaseUrl(databaseUrl);
  const connection = await SchedulerConnection.open(databaseUrl);
  try {
    for (const statement of schedulerSchema(dialect, version, options)) {
      await connection.read((statements) => statements.change(statement));
    }
  } finally {
    await connection.close();
  }
}
