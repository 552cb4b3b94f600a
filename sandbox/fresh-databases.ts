import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { ShowOptions } from './options.js';

/** The two databases of a sandbox, and how to be rid of them. */
export interface Databases {
  schedulerDb: string;
  bridgeDb: string;
  drop(): Promise<void>;
}

/** Given ones as they are, fresh ones on a server, or SQLite files in a folder that somebody else removes. */
export async function createFreshDatabases(
  options: Partial<ShowOptions>,
  folder: string,
): Promise<Databases> {
  const { schedulerDb, bridgeDb, databaseServer } = options;
  // Without a scheduler database there is a modern Buildbot, which needs none.
  if (bridgeDb) return { schedulerDb: schedulerDb ?? '', bridgeDb, drop: async () => undefined };
  if (!databaseServer) {
    const file = (name: string) => `sqlite:///${join(folder, name)}`;
    return {
      schedulerDb: file('scheduler.sqlite'),
      bridgeDb: file('bridge.sqlite'),
      drop: async () => undefined,
    };
  }
  const names = ['scheduler', 'bridge'].map((name) => `sandbox_${name}_${randomBytes(4).toString('hex')}`);
  await onServer(
    databaseServer,
    names.map((name) => `CREATE DATABASE ${name}`),
  );
  const [scheduler, bridge] = names.map((name) => {
    const url = new URL(databaseServer);
    url.pathname = `/${name}`;
    return url.href;
  });
  const drop = () =>
    onServer(
      databaseServer,
      names.map((name) => `DROP DATABASE IF EXISTS ${name}`),
    );
  return { schedulerDb: scheduler!, bridgeDb: bridge!, drop };
}

async function onServer(url: string, statements: readonly string[]): Promise<void> {
  if (url.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const statement of statements)
      await client.query(statement.replace(/^(DROP .*)/, '$1 WITH (FORCE)'));
    await client.end();
    return;
  }
  const connection = await createConnection(url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}
