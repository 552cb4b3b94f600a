import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { type Absence, judgeAbsence } from '@bbb/rules';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../../test/support/databases.js';
import { BridgeDb } from '../bridge-db.js';
import { migrateDatabase } from '../with-data-source.js';
import { PassStoreSql } from './pass-store-sql.js';

describeDatabases('what passes found, on %s', (kind) => {
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

  async function store(): Promise<PassStoreSql> {
    const db = new BridgeDb({ url: database.url, poolSize: 2, connectTimeout: 5 });
    open.push(db);
    await db.open();
    return new PassStoreSql(db);
  }
  const count = (missing: number, now: number) => (known: Absence) =>
    judgeAbsence(known, { seen: 100, missing }, 10, now);

  it('is nothing before the first pass', async () => {
    expect(await (await store()).read()).toEqual({
      seen: 0,
      missing: 0,
      doubtedSince: null,
      confirmedMissing: null,
      finishedAt: null,
    });
  });

  it('is told to every instance', async () => {
    const [one, other] = [await store(), await store()];
    await one.changeAbsence(count(50, 1000.5));
    await other.changeAbsence(count(60, 1060));
    await one.noteFinished(1070.25);
    expect(await other.read()).toEqual({
      seen: 100,
      missing: 60,
      doubtedSince: 1000.5,
      confirmedMissing: null,
      finishedAt: 1070.25,
    });
  });

  it('can be confirmed while it is doubted, by the number that is missing', async () => {
    const passes = await store();
    expect(await passes.confirmMissing(50)).toBe(false);
    await passes.changeAbsence(count(50, 1000));
    expect(await passes.confirmMissing(49)).toBe(false);
    expect(await passes.confirmMissing(50)).toBe(true);
    expect(await passes.confirmMissing(50)).toBe(false);
    expect(await passes.changeAbsence(count(55, 1060))).toMatchObject({
      doubtedSince: null,
      confirmedMissing: 50,
    });
  });

  it('is judged again when it is confirmed meanwhile', async () => {
    const [one, operator] = [await store(), await store()];
    await one.changeAbsence(count(50, 1000));
    jest.spyOn(one, 'read').mockImplementationOnce(async () => {
      const before = await operator.read();
      expect(await operator.confirmMissing(50)).toBe(true);
      return before;
    });
    expect(await one.changeAbsence(count(50, 1060))).toMatchObject({
      doubtedSince: null,
      confirmedMissing: 50,
    });
  });

  it('is written by several instances at once', async () => {
    const stores = await Promise.all([store(), store(), store()]);
    await Promise.all(stores.map((passes) => passes.changeAbsence(count(5, 1000))));
    await Promise.all(stores.map((passes, index) => passes.noteFinished(1000 + index)));
    expect(await stores[0].read()).toMatchObject({ seen: 100, missing: 5 });
  });
});
