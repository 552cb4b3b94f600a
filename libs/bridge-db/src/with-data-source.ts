import { openStrict, translateErrors, findUnusable, retryWhenBusy } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import { createDataSource } from './data-source.js';
import type { Database } from './database.js';
import { migrateUp, findPendingMigrations } from './migrate.js';
import { URL_SETTING } from './url-setting.js';

/**
 * Works on the bridge database at a URL, whether it is migrated or not, and closes it again.
 *
 * @param options asFound: a SQLite file that is missing is refused instead of created
 * @throws Invalid when the URL or its SQLite file is wrong
 * @throws NotStrict when a MySQL server does not let the connection be strict
 * @throws Unavailable when the database cannot be reached
 */
export async function withDataSource<T>(
  options: { url: string; asFound: boolean },
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  const source = createDataSource({ ...options, poolSize: 2, connectTimeout: 10 });
  try {
    await translateErrors('bridge-db', () => retryWhenBusy(() => openStrict(source)));
  } catch (error) {
    throw findUnusable(error)?.withSetting(URL_SETTING) ?? error;
  }
  try {
    return await translateErrors('bridge-db', () => work(source));
  } finally {
    await source.destroy();
  }
}

/** Migrates the bridge database at a URL; returns the names of the migrations that were run. Throws as {@link withDataSource}. */
export function migrateDatabase(url: string): Promise<string[]> {
  return withDataSource({ url, asFound: false }, (source) => migrateUp(source));
}

/**
 * Reads the bridge database as it is found: nothing is created or migrated. Throws as {@link withDataSource}.
 *
 * @param work isMigrated: the database has everything that this version needs; false also for the Python bridge's
 */
export function withDatabase<T>(
  url: string,
  work: (db: Database, isMigrated: boolean) => Promise<T>,
): Promise<T> {
  return withDataSource({ url, asFound: true }, async (source) => {
    // Services may be writing to the same SQLite file.
    const isMigrated = (await retryWhenBusy(() => findPendingMigrations(source))) === undefined;
    const run: Database['run'] = (read) =>
      translateErrors('bridge-db', () => retryWhenBusy(() => read(source)));
    return work({ run }, isMigrated);
  });
}
