import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { describeEach, isReachable, SERVERS } from './servers.js';

/** Every kind of database that the bridge works with. */
export const DATABASE_KINDS = ['sqlite', 'mysql', 'postgres'] as const;

export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** A database of a test's own. `url` is in the form of the configuration; */
export interface TestDatabase {
  kind: DatabaseKind;
  url: string;
  drop(): Promise<void>;
}

/** Whether this run can use such a database: SQLite always, the servers when they are reachable. */
export function isUsable(kind: DatabaseKind): boolean {
  return kind === 'sqlite' || isReachable(kind);
}

/** `describe.each` over the kinds of database. */
export const describeDatabases = describeEach(DATABASE_KINDS, isUsable);

/** Makes an empty database of this kind, under a name nobody else uses. */
export async function createDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const name = `bbb_test_${randomBytes(8).toString('hex')}`;
  switch (kind) {
    case 'sqlite': {
      const folder = await mkdtemp(join(tmpdir(), 'bbb-test-'));
      return {
        kind,
        url: `sqlite:///${join(folder, 'test.db')}`,
        drop: () => rm(folder, { recursive: true, force: true }),
      };
    }
    case 'mysql': {
      await onMysql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
      return {
        kind,
        url: withDatabase(SERVERS.mysql.url, name),
        drop: () => onMysql(`DROP DATABASE IF EXISTS ${name}`),
      };
    }
    case 'postgres': {
      await onPostgres(`CREATE DATABASE ${name}`);
      return {
        kind,
        url: withDatabase(SERVERS.postgres.url, name),
        drop: () => onPostgres(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      };
    }
  }
}

function withDatabase(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}

async function onMysql(statement: string): Promise<void> {
  const connection = await createConnection(SERVERS.mysql.url);
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}

async function onPostgres(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVERS.postgres.url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
