import { beforeEach, expect, it } from '@jest/globals';
import { describeStores } from '../testing/describe-stores.js';
import { TurnStoreSql } from './turn-store-sql.js';

describeStores('turns on %s', (_kind, current) => {
  let one: TurnStoreSql;
  let other: TurnStoreSql;
  beforeEach(() => {
    [one, other] = current.dbs.map((db) => new TurnStoreSql(db)) as [TurnStoreSql, TurnStoreSql];
  });

  it('gives a turn once per gap, with any number of askers', async () => {
    expect(await one.take('pass', 1000, 60)).toBe(true);
    expect(await other.take('pass', 1000, 60)).toBe(false);
    expect(await other.take('pass', 1059, 60)).toBe(false);
    expect(await other.take('pass', 1060, 60)).toBe(true);
    expect(await one.take('pass', 1061, 60)).toBe(false);
    expect(await one.take('claimed', 1061, 600)).toBe(true);
  });

  it('gives one of many who ask at once the turn', async () => {
    const stores = [one, other, new TurnStoreSql(current.dbs[0])];
    for (let now = 1000; now < 1000 + 10 * 60; now += 60) {
      const answers = await Promise.all(stores.map((turns) => turns.take('pass', now, 60)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
  });

  it('gives a turn back, unless another has taken it since', async () => {
    expect(await one.take('pass', 1000.123, 60)).toBe(true);
    await one.giveBack('pass', 1000.123);
    expect(await other.take('pass', 1001.5, 60)).toBe(true);
    await one.giveBack('pass', 1000.123);
    expect(await one.take('pass', 1002, 60)).toBe(false);
  });

  it('is not kept by a clock that is ahead', async () => {
    expect(await one.take('pass', 1300, 60)).toBe(true);
    expect(await one.take('pass', 1000, 60)).toBe(true);
  });
});
