import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { describeEach, isReachable, SERVERS } from './servers.js';

/** Connections of one test file that drop databases; the server has a hundred. */
const AT_A_TIME = 10;

/** Every kind of database that the bridge works with. */
export const DATABASE_KINDS = ['sqlite', 'mysql', 'postgres'] as const;

export type DatabaseKind = (typeof DATABASE_KINDS)[number];

/** A database of a test's own. `url` is in the form of the configuration. */
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
      // What a crash of the server would lose is nothing that a test reads.
      await onPostgres(`CREATE DATABASE ${name}`, `ALTER DATABASE ${name} SET synchronous_commit = off`);
      return {
        kind,
        url: withDatabase(SERVERS.postgres.url, name),
        drop: () => dropOnPostgres(name),
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

/** Databases that the test file has done with, until it ends. */
let dropped: string[] | undefined = [];

/** Each drop waits for a checkpoint, which takes half a second; many at once wait for the same. */
async function dropOnPostgres(name: string): Promise<void> {
  if (dropped) dropped.push(name);
  else await onPostgres(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

afterAll(async () => {
  const names = dropped ?? [];
  dropped = undefined;
  for (let at = 0; at < names.length; at += AT_A_TIME)
    await Promise.all(names.slice(at, at + AT_A_TIME).map(dropOnPostgres));
});

async function onPostgres(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: SERVERS.postgres.url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
