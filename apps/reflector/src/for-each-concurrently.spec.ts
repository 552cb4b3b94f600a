import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { forEachConcurrently } from './for-each-concurrently.js';

describe('forEachConcurrently', () => {
  it('throws the error of its source once all started work has ended', async () => {
    const ended: number[] = [];
    async function* source(): AsyncGenerator<number> {
      yield* [1, 2];
      await turn();
      throw new Error('away');
    }
    const slowly = async (item: number) => {
      for (let waited = 0; waited < 10; waited++) await turn();
      ended.push(item);
    };
    await expect(forEachConcurrently(source(), 3, () => false, slowly)).rejects.toThrow('away');
    expect(ended).toEqual([1, 2]);
  });
});
