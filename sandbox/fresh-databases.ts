import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { ShowOptions } from './options.js';

/** The two databases of a sandbox, and how to be rid of them. */
export interface Databases {
  schedulerDb: string;
  bridgeDb: string;
  /** Creates another empty database beside them. @returns its URL */
  createAnother(name: string): Promise<string>;
  /** Runs statements on the server as its administrator; undefined without a server. */
  administer?(statements: readonly string[]): Promise<void>;
  drop(): Promise<void>;
}

/** Given ones as they are, fresh ones on a server, or SQLite files in a folder that somebody else removes. */
export async function createFreshDatabases(
  options: Partial<ShowOptions>,
  folder: string,
): Promise<Databases> {
  const { schedulerDb, bridgeDb, databaseServer } = options;
  if (!databaseServer) {
    const file = (name: string) => join(folder, `${name}.sqlite`);
    return {
      // With a bridge database alone there is a modern Buildbot, which needs no scheduler database.
      schedulerDb: schedulerDb ?? (bridgeDb ? '' : `sqlite:///${file('scheduler')}`),
      bridgeDb: bridgeDb ?? `sqlite:///${file('bridge')}`,
      createAnother: async (name) => {
        await writeFile(file(name), '');
        return `sqlite:///${file(name)}`;
      },
      drop: async () => undefined,
    };
  }
  const administer = (statements: readonly string[]) => onServer(databaseServer, statements);
  const names: string[] = [];
  const createAnother = async (kind: string) => {
    const name = `sandbox_${kind}_${randomBytes(4).toString('hex')}`;
    await administer([`CREATE DATABASE ${name}`]);
    names.push(name);
    const url = new URL(databaseServer);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    schedulerDb: await createAnother('scheduler'),
    bridgeDb: await createAnother('bridge'),
    createAnother,
    administer,
    drop: () => administer(names.map((name) => `DROP DATABASE IF EXISTS ${name}`)),
  };
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
