import { afterAll } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { createDatabase, type DatabaseKind, type TestDatabase } from './databases.js';
import { openTestDatabase } from './scheduler-schema.js';

interface Kept {
  database: TestDatabase;
  /** The tables that the schema leaves empty. */
  tables: readonly string[];
}

const kept = new Map<string, Kept>();

const LIST = {
  mysql: 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  postgres: `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
};

const IGNORE_REFERENCES = {
  mysql: 'SET FOREIGN_KEY_CHECKS = 0',
  postgres: 'SET session_replication_role = replica',
};

/**
 * A database for one test with the tables of a schema, empty. On a server it is created once for each schema of a test
 * file, and later tests find its rows deleted; ids go on counting. A SQLite file is created for each test, which costs
 * less. A test that changes the tables themselves must create a database of its own.
 *
 * @param schema tells one schema of a test file from another
 */
export async function provideEmptyDatabase(
  kind: DatabaseKind,
  schema: string,
  install: (database: TestDatabase) => Promise<unknown>,
): Promise<TestDatabase> {
  if (kind === 'sqlite') {
    const database = await createDatabase(kind);
    await install(database);
    return database;
  }
  const key = `${kind} ${schema}`;
  const earlier = kept.get(key);
  if (earlier) {
    await onDatabase(earlier.database, async (rows) => {
      // In one round trip, on one connection, in any order.
      await rows.query(
        [IGNORE_REFERENCES[kind], ...earlier.tables.map((table) => `DELETE FROM ${table}`)].join('; '),
      );
    });
    return { ...earlier.database, drop: () => Promise.resolve() };
  }
  const database = await createDatabase(kind);
  await install(database);
  const tables = await onDatabase(database, async (rows) => {
    const found: { name: string }[] = await rows.query(LIST[kind]);
    const counts = await Promise.all(found.map(({ name }) => rows.query(`SELECT 1 FROM ${name} LIMIT 1`)));
    return found.filter((_, index) => counts[index].length === 0).map(({ name }) => name);
  });
  kept.set(key, { database, tables });
  return { ...database, drop: () => Promise.resolve() };
}

async function onDatabase<T>(database: TestDatabase, work: (rows: DataSource) => Promise<T>): Promise<T> {
  const rows = await openTestDatabase(database, { multipleStatements: true });
  try {
    return await work(rows);
  } finally {
    await rows.destroy();
  }
}

afterAll(async () => {
  await Promise.all([...kept.values()].map(({ database }) => database.drop()));
  kept.clear();
});
