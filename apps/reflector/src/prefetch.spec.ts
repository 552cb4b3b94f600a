import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { prefetch } from './prefetch.js';

describe('prefetch', () => {
  let asked: number;
  beforeEach(() => {
    asked = 0;
  });

  async function* numbers(failure = Infinity): AsyncGenerator<number> {
    while (asked < 6) {
      await turn();
      if (asked === failure) throw new Error('away');
      yield asked++;
    }
  }

  it('prefetches items while one is processed, and returns all in order', async () => {
    const seen: [number, asked: number][] = [];
    for await (const number of prefetch(numbers(), 2)) {
      for (let waited = 0; waited < 10; waited++) await turn();
      seen.push([number, asked]);
    }
    expect(seen).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
      [3, 6],
      [4, 6],
      [5, 6],
    ]);
  });

  it('throws at the place of the failure', async () => {
    const seen: number[] = [];
    const all = async () => {
      for await (const number of prefetch(numbers(2), 2)) {
        for (let waited = 0; waited < 10; waited++) await turn();
        seen.push(number);
      }
    };
    await expect(all()).rejects.toThrow('away');
    expect(seen).toEqual([0, 1]);
  });
});
