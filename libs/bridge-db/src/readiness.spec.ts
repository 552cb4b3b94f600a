import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../test/support/databases.js';
import { BridgeDb } from './bridge-db.js';
import { migrateDatabase } from './with-data-source.js';

Logger.overrideLogger(false);

/** What makes one connection read-only, as after a switch-over to a replica. */
const READ_ONLY = {
  sqlite: 'PRAGMA query_only = ON',
  mysql: 'SET SESSION TRANSACTION READ ONLY',
  postgres: 'SET default_transaction_read_only = on',
};

describeDatabases('the readiness of the bridge database on %s', (kind) => {
  let database: TestDatabase;
  let db: BridgeDb;

  beforeEach(async () => {
    database = await createDatabase(kind);
    await migrateDatabase(database.url);
    db = new BridgeDb({ url: database.url, poolSize: 1, connectTimeout: 5 });
    await db.open();
  });

  afterEach(async () => {
    await db.close();
    await database.drop();
  });

  it('is lost while the database is read-only, and the setting is named', async () => {
    await db.run((source) => source.query(READ_ONLY[kind]));
    expect(await db.findProblem()).toBeUndefined();
    expect(await db.findReadinessProblem()).toMatch(/^bbb_db \(BBB_BRIDGE_DB_URL\): .*read-only/);
    // A connection to a read-only server is given up; SQLite has but one.
    if (kind === 'sqlite') await db.run((source) => source.query('PRAGMA query_only = OFF'));
    expect(await db.findReadinessProblem()).toBeUndefined();
  });

  it('is lost when a write finds no room', async () => {
    expect(await db.findReadinessProblem()).toBeUndefined();
    const code = { sqlite: 'SQLITE_FULL', mysql: 'ER_RECORD_FILE_FULL', postgres: '53100' }[kind];
    const failing = db.run(async (source) => {
      if (kind !== 'sqlite') throw Object.assign(new Error('no room'), { code });
      await source.query('PRAGMA max_page_count = 1');
      await source.query(`INSERT INTO bridge_turns VALUES (zeroblob(1000000), 0)`);
    });
    await expect(failing).rejects.toMatchObject({
      name: 'Unavailable',
      message: expect.stringMatching(/full/),
    });
    expect(await db.findReadinessProblem()).toMatch(/^bbb_db \(BBB_BRIDGE_DB_URL\): .* full/);
  });

  it('names the setting of a database that cannot be reached', async () => {
    await db.close();
    expect(await db.findReadinessProblem()).toBe('bbb_db (BBB_BRIDGE_DB_URL): closed');
  });
});
