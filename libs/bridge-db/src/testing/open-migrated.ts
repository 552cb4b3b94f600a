import { BridgeDb } from '../bridge-db.js';
import { migrateUp } from '../migrate.js';
import { connect } from './original.js';

/** A connection to a database that has all migrations. */
export async function openMigrated(url: string): Promise<BridgeDb> {
  const source = await connect(url);
  try {
    await migrateUp(source);
  } finally {
    await source.destroy();
  }
  const db = new BridgeDb({ url, poolSize: 3, connectTimeout: 5 });
  await db.open();
  return db;
}
