import { beforeEach, expect, it } from '@jest/globals';
import { describeStores } from '../testing/describe-stores.js';
import { WalkStoreSql } from './walk-store-sql.js';

describeStores('walks on %s', (_kind, current) => {
  let one: WalkStoreSql;
  let other: WalkStoreSql;
  beforeEach(() => {
    [one, other] = current.dbs.map((db) => new WalkStoreSql(db)) as [WalkStoreSql, WalkStoreSql];
  });

  it('offers a walk, and gives each part to one of those who ask at once', async () => {
    expect(await one.read()).toBeUndefined();
    expect(await one.offer(1000.25, 'a', 1005, 60)).toBe(true);
    const offered = { pass: 1000.25, rest: 'a', parts: 0, seen: 0, missing: 0, takenAt: 1005 };
    expect(await other.read()).toEqual(offered);
    const takers = [one, other, new WalkStoreSql(current.dbs[0])];
    for (const [rest, next] of [
      ['a', 'b'],
      ['b', 'B'],
      ['B', null],
    ] as const) {
      const answers = await Promise.all(
        takers.map((store) => store.take({ pass: 1000.25, rest }, next, 1006)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
    expect(await one.read()).toEqual({ ...offered, rest: null, parts: 3, takenAt: 1006 });
    expect(await one.take({ pass: 1000.25, rest: 'b' }, null, 1007)).toBe(false);
    expect(await one.take({ pass: 999, rest: 'B' }, null, 1007)).toBe(false);
  });

  it('adds up the counts of the parts of its pass', async () => {
    await one.offer(1000, 'a', 1005, 60);
    await one.take({ pass: 1000, rest: 'a' }, 'b', 1006);
    await one.take({ pass: 1000, rest: 'b' }, null, 1006);
    await one.count(1000, { seen: 10, missing: 1 });
    await other.count(1000, { seen: 20, missing: 0 });
    await other.count(999, { seen: 5, missing: 5 });
    expect(await one.read()).toMatchObject({ parts: 0, seen: 30, missing: 1 });
  });

  it('keeps a walk that somebody works on, and replaces one that is taken to its end or was left', async () => {
    await one.offer(1000, 'a', 1005, 60);
    expect(await other.offer(1030, 'b', 1064, 60)).toBe(false);
    expect(await other.offer(1030, 'b', 1066, 60)).toBe(true);
    await one.take({ pass: 1030, rest: 'b' }, null, 1067);
    expect(await one.offer(1068, 'c', 1069, 60)).toBe(true);
    expect(await one.read()).toMatchObject({ pass: 1068, rest: 'c', parts: 0 });
    // A clock that was ahead keeps nobody from offering.
    expect(await other.offer(900, 'd', 1000, 60)).toBe(true);
  });
});
