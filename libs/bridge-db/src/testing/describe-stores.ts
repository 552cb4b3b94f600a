import { afterEach, beforeEach } from '@jest/globals';
import {
  type DatabaseKind,
  describeDatabases,
  type TestDatabase,
} from '../../../../test/support/databases.js';
import { provideEmptyDatabase } from '../../../../test/support/emptied-database.js';
import type { BridgeDb } from '../bridge-db.js';
import { openMigrated } from './open-migrated.js';

/** The database of the test that runs, and two connections to it, as two processes have. */
export interface StoreDatabase {
  database: TestDatabase;
  dbs: [BridgeDb, BridgeDb];
}

/** Tests of a store on each kind of database; each test finds all tables migrated and empty. */
export function describeStores(
  name: string,
  body: (kind: DatabaseKind, current: StoreDatabase) => void,
): void {
  describeDatabases(name, (kind) => {
    const current = {} as StoreDatabase;
    beforeEach(async () => {
      current.database = await provideEmptyDatabase(kind, 'bridge', async ({ url }) =>
        (await openMigrated(url)).close(),
      );
      const { url } = current.database;
      current.dbs = [await openMigrated(url), await openMigrated(url)];
    });
    afterEach(async () => {
      await Promise.all(current.dbs.map((db) => db.close()));
      await current.database.drop();
    });
    body(kind, current);
  });
}
