import { beforeEach, expect, it, jest } from '@jest/globals';
import { type Absence, judgeAbsence } from '@bbb/rules';
import { describeStores } from '../testing/describe-stores.js';
import { PassStoreSql } from './pass-store-sql.js';

describeStores('what passes found, on %s', (_kind, current) => {
  let one: PassStoreSql;
  let other: PassStoreSql;
  beforeEach(() => {
    [one, other] = current.dbs.map((db) => new PassStoreSql(db)) as [PassStoreSql, PassStoreSql];
  });
  const count = (missing: number, now: number) => (known: Absence) =>
    judgeAbsence(known, { seen: 100, missing }, 10, now);

  it('is nothing before the first pass', async () => {
    expect(await one.read()).toEqual({
      seen: 0,
      missing: 0,
      doubtedSince: null,
      confirmedMissing: null,
      finishedAt: null,
    });
  });

  it('is told to every instance', async () => {
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
    expect(await one.confirmMissing(50)).toBe(false);
    await one.changeAbsence(count(50, 1000));
    expect(await one.confirmMissing(49)).toBe(false);
    expect(await one.confirmMissing(50)).toBe(true);
    expect(await one.confirmMissing(50)).toBe(false);
    expect(await one.changeAbsence(count(55, 1060))).toMatchObject({
      doubtedSince: null,
      confirmedMissing: 50,
    });
  });

  it('is judged again when it is confirmed meanwhile', async () => {
    await one.changeAbsence(count(50, 1000));
    jest.spyOn(one, 'read').mockImplementationOnce(async () => {
      const before = await other.read();
      expect(await other.confirmMissing(50)).toBe(true);
      return before;
    });
    expect(await one.changeAbsence(count(50, 1060))).toMatchObject({
      doubtedSince: null,
      confirmedMissing: 50,
    });
  });

  it('is written by several instances at once', async () => {
    const stores = [one, other, new PassStoreSql(current.dbs[0])];
    await Promise.all(stores.map((passes) => passes.changeAbsence(count(5, 1000))));
    await Promise.all(stores.map((passes, index) => passes.noteFinished(1000 + index)));
    expect(await one.read()).toMatchObject({ seen: 100, missing: 5 });
  });
});
