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
  /** Reads go on, and what is to be written waits. Not on MariaDB. @returns ends that */
  stopWrites(basedir: string): Promise<() => Promise<void>>;
  /** Nobody is connected, and nobody can connect. Only on PostgreSQL. @returns ends that */
  goAway(): Promise<() => Promise<void>>;
  drop(): Promise<void>;
}

/** What a build and a creation write into. */
const WRITTEN = ['buildsets', 'buildrequests', 'buildrequest_claims', 'builds', 'steps', 'logs'];

export async function createMasterDatabase(kind: MasterDatabaseKind): Promise<MasterDatabase> {
  // SQLite's file is in the folder of the master.
  if (kind === 'sqlite')
    return {
      ...{ url: 'sqlite:///state.sqlite', run: runOnSqlite, drop: async () => {} },
      stopWrites: stopWritesOnSqlite,
      goAway: () => Promise.reject(new Error('a file does not go away')),
    };
  // Only inside Jest.
  const { createDatabase } = await import('../databases.js');
  const database: TestDatabase = await createDatabase(kind);
  return {
    url: withDriver(kind, database.url),
    run: (statement) => runOnPostgres(database.url, statement),
    stopWrites: () => stopWritesOnPostgres(database.url),
    goAway: () => closePostgres(database.url),
    drop: () => database.drop(),
  };
}

function openSqlite(basedir: string): Database.Database {
  return new Database(join(basedir, 'state.sqlite'), { timeout: 30_000 });
}

async function runOnSqlite(statement: string, basedir: string): Promise<void> {
  const database = openSqlite(basedir);
  try {
    database.exec(statement);
  } finally {
    database.close();
  }
}

async function stopWritesOnSqlite(basedir: string): Promise<() => Promise<void>> {
  const database = openSqlite(basedir);
  database.exec('BEGIN IMMEDIATE');
  return async () => {
    database.exec('ROLLBACK');
    database.close();
  };
}

async function stopWritesOnPostgres(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${WRITTEN.join(', ')} IN EXCLUSIVE MODE`);
  return () => client.end();
}

async function closePostgres(url: string): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1);
  const server = new URL('/postgres', url).href;
  await runOnPostgres(server, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await runOnPostgres(
    server,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
  );
  return () => runOnPostgres(server, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
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
