import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Unavailable } from '@bbb/rules';
import { Passing } from './answers.js';
import { retry, Budget } from './attempts.js';

describe('retry', () => {
  let now: number;
  const budget = (seconds: number) => new Budget(seconds, () => now);

  beforeEach(() => {
    now = 0;
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('ends before the deadline, even when every attempt uses its whole time', async () => {
    const times: [timeout: number, within: number][] = [];
    const attempt = (timeout: number, within: number) => {
      times.push([timeout, within]);
      now += timeout;
      return Promise.reject(new Passing('x', 'timeout'));
    };
    await expect(retry(budget(20), { timeout: 9_000, retries: 9 }, attempt)).rejects.toThrow('timeout');
    expect(times).toEqual([
      [9_000, 20_000],
      [9_000, 11_000],
      [2_000, 2_000],
    ]);
    expect(now).toBe(20_000);
  });

  it('retries only failures that may pass', async () => {
    const failures = [new Passing('x', 'one'), new Unavailable('x', 'two'), new Passing('x', 'three')];
    const attempt = () => Promise.reject(failures.shift()!);
    await expect(retry(budget(20), { timeout: 1, retries: 9 }, attempt)).rejects.toThrow('two');
  });
});
