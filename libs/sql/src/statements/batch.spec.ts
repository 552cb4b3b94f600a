import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Unavailable } from '@bbb/rules';
import { batchCalls } from './batch.js';

describe('batchCalls', () => {
  const recording = (fails: (things: readonly number[]) => Error | undefined = () => undefined) => {
    const calls: (readonly number[])[] = [];
    const double = async (things: readonly number[]) => {
      calls.push(things);
      const error = fails(things);
      if (error) throw error;
      return things.map((thing) => thing * 2);
    };
    return { calls, double };
  };

  it('batches the calls of one turn, up to the maximum', async () => {
    const { calls, double } = recording();
    const one = batchCalls(double, 3);
    expect(await Promise.all([1, 2, 3, 4].map(one))).toEqual([2, 4, 6, 8]);
    expect(await one(1)).toBe(2);
    expect(calls).toEqual([[1, 2, 3], [4], [1]]);
  });

  describe('while a batch is in progress', () => {
    // Only the limit of the wait: on a busy machine it would be over before the turns are.
    beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
    afterEach(() => void jest.useRealTimers());

    const start = () => {
      const calls: (readonly number[])[] = [];
      const ends: (() => void)[] = [];
      const one = batchCalls(async (things: readonly number[]) => {
        calls.push(things);
        if (things[0] === 1) await new Promise<void>((resolve) => ends.push(resolve));
        return things;
      }, 10);
      return { calls, ends, one, first: one(1) };
    };
    const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

    it('gathers the calls of several turns, and handles them when it ends', async () => {
      const { calls, ends, one, first } = start();
      await nextTurn();
      await nextTurn();
      const others = [one(2)];
      await nextTurn();
      others.push(one(3));
      ends.forEach((end) => end());
      expect(await Promise.all([first, ...others])).toEqual([1, 2, 3]);
      expect(calls).toEqual([[1], [2, 3]]);
    });

    it('does not wait for one that does not end', async () => {
      const { ends, one, first } = start();
      await nextTurn();
      const second = one(2);
      await jest.advanceTimersByTimeAsync(10);
      expect(await second).toBe(2);
      ends.forEach((end) => end());
      expect(await first).toBe(1);
    });

    it('goes on after one that fails', async () => {
      const one = batchCalls(
        (things: readonly number[]) =>
          things.includes(1) ? Promise.reject(new Unavailable('x', 'unavailable')) : Promise.resolve(things),
        10,
      );
      const first = one(1).catch(() => 'failed');
      await nextTurn();
      expect(await Promise.all([first, one(2)])).toEqual(['failed', 2]);
    });
  });

  it('waits for further calls as long as allowed', async () => {
    const { calls, double } = recording();
    const one = batchCalls(double, 10, 30);
    const first = one(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await Promise.all([first, one(2)])).toEqual([2, 4]);
    expect(calls).toEqual([[1, 2]]);
  });

  it('tries each item alone when the batch fails', async () => {
    const { calls, double } = recording((things) => (things.includes(2) ? new Error('not 2') : undefined));
    const outcomes = await Promise.allSettled([1, 2, 3].map(batchCalls(double, 10)));
    expect(outcomes).toMatchObject([{ value: 2 }, { reason: new Error('not 2') }, { value: 6 }]);
    expect(calls).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('does not try each item alone while the database is unavailable', async () => {
    const { calls, double } = recording(() => new Unavailable('x', 'unavailable'));
    for (const outcome of await Promise.allSettled([1, 2].map(batchCalls(double, 10)))) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Unavailable' } });
    }
    expect(calls).toHaveLength(1);
  });
});
