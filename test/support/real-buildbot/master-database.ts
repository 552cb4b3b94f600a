import { join } from 'node:path';
import Database from 'libsql';
import pg from 'pg';
import type { TestDatabase } from '../databases.js';

export type MasterDatabaseKind = 'sqlite' | 'postgres' | 'mysql';

/** A database for one master, and its address as master.cfg wants it. */
export interface MasterDatabase {
  url: string;
  /** Runs a statement past the master. @param basedir the folder of the master */
  run(statement: string, basedir: string): Promise<void>;
  drop(): Promise<void>;
}

export async function createMasterDatabase(kind: MasterDatabaseKind): Promise<MasterDatabase> {
  // SQLite's file is in the folder of the master.
  if (kind === 'sqlite') return { url: 'sqlite:///state.sqlite', run: runOnSqlite, drop: async () => {} };
  // Only inside Jest.
  const { createDatabase } = await import('../databases.js');
  const database: TestDatabase = await createDatabase(kind);
  return {
    url: withDriver(kind, database.url),
    run: (statement) => runOnPostgres(database.url, statement),
    drop: () => database.drop(),
  };
}

async function runOnSqlite(statement: string, basedir: string): Promise<void> {
  const database = new Database(join(basedir, 'state.sqlite'), { timeout: 30_000 });
  try {
    database.exec(statement);
  } finally {
    database.close();
  }
}

async function runOnPostgres(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDriver(kind: 'postgres' | 'mysql', url: string): string {
  const parsed = new URL(url);
  const account = parsed.username + (parsed.password && `:${parsed.password}`);
  const [driver, options] =
    kind === 'postgres' ? ['postgresql+psycopg2', ''] : ['mysql+mysqldb', '?max_idle=300'];
  return `${driver}://${account}@${parsed.host}${parsed.pathname}${options}`;
}
