import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../../test/support/databases.js';
import { BridgeDb } from '../bridge-db.js';
import { migrateDatabase } from '../with-data-source.js';
import { TurnStoreSql } from './turn-store-sql.js';

describeDatabases('turns on %s', (kind) => {
  let database: TestDatabase;
  let open: BridgeDb[];

  beforeEach(async () => {
    database = await createDatabase(kind);
    await migrateDatabase(database.url);
    open = [];
  });

  afterEach(async () => {
    for (const db of open) await db.close();
    await database.drop();
  });

  async function store(): Promise<TurnStoreSql> {
    const db = new BridgeDb({ url: database.url, poolSize: 2, connectTimeout: 5 });
    open.push(db);
    await db.open();
    return new TurnStoreSql(db);
  }

  it('gives a turn once per gap, with any number of askers', async () => {
    const [one, other] = [await store(), await store()];
    expect(await one.take('pass', 1000, 60)).toBe(true);
    expect(await other.take('pass', 1000, 60)).toBe(false);
    expect(await other.take('pass', 1059, 60)).toBe(false);
    expect(await other.take('pass', 1060, 60)).toBe(true);
    expect(await one.take('pass', 1061, 60)).toBe(false);
    expect(await one.take('claimed', 1061, 600)).toBe(true);
  });

  it('gives one of many who ask at once the turn', async () => {
    const stores = await Promise.all([store(), store(), store()]);
    for (let now = 1000; now < 1000 + 10 * 60; now += 60) {
      const answers = await Promise.all(stores.map((turns) => turns.take('pass', now, 60)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
  });

  it('gives a turn back, unless another has taken it since', async () => {
    const [one, other] = [await store(), await store()];
    expect(await one.take('pass', 1000.123, 60)).toBe(true);
    await one.giveBack('pass', 1000.123);
    expect(await other.take('pass', 1001.5, 60)).toBe(true);
    await one.giveBack('pass', 1000.123);
    expect(await one.take('pass', 1002, 60)).toBe(false);
  });

  it('is not kept by a clock that is ahead', async () => {
    const turns = await store();
    expect(await turns.take('pass', 1300, 60)).toBe(true);
    expect(await turns.take('pass', 1000, 60)).toBe(true);
  });
});
