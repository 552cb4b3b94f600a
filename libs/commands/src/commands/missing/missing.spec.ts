import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeDb, migrateDatabase, PassStoreSql } from '@bbb/bridge-db';
import { judgeAbsence } from '@bbb/rules';
import { createDatabase, type TestDatabase } from '../../../../../test/support/databases.js';
import { record, recordJson } from '../../testing/recording-host.js';
import { useDatabase } from '../../testing/use-database.js';

describe('missing', () => {
  let database: TestDatabase;
  let db: BridgeDb;
  let passes: PassStoreSql;

  beforeEach(async () => {
    database = await createDatabase('sqlite');
    useDatabase(database.url);
    await migrateDatabase(database.url);
    db = new BridgeDb({ url: database.url, poolSize: 2, connectTimeout: 10 });
    await db.open();
    passes = new PassStoreSql(db);
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });

  const count = (missing: number) =>
    passes.changeAbsence((known) => judgeAbsence(known, { seen: 100, missing }, 10, 1_795_000_000));

  it('says that nothing is missing', async () => {
    expect(await record('missing', 'status')).toEqual({
      code: 0,
      stdout: '0 of 0 tracked tasks are missing\n',
      stderr: '',
    });
    expect(await record('missing', 'confirm')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'no absence is doubted; nothing to confirm\n',
    });
  });

  it('confirms a doubted absence, until the number has fallen', async () => {
    await count(60);
    expect((await record('missing', 'status')).stdout).toBe(
      '60 of 100 tracked tasks are missing\n' +
        'doubted since 2026-11-18T11:06:40.000Z: nothing is done about them until it is confirmed\n',
    );
    expect((await record('missing', 'confirm')).stdout).toBe('confirmed that 60 tracked tasks are missing\n');
    await count(55);
    expect((await record('missing', 'status')).stdout).toBe(
      '55 of 100 tracked tasks are missing\nconfirmed when 60 were missing\n',
    );
    await count(5);
    await count(60);
    expect(await recordJson('missing', 'status', '--json')).toEqual({
      code: 0,
      json: { missing: 60, seen: 100, isDoubted: true, confirmedMissing: null },
    });
    expect(await recordJson('missing', 'confirm', '--json')).toEqual({
      code: 0,
      json: { confirmedMissing: 60 },
    });
  });
});
