import { describe, expect, it } from '@jest/globals';
import { backoff, rest, within } from './backoff.js';

describe('backoff', () => {
  it.each([
    [1, 10, 20],
    [2, 10, 40],
    [3, 10, 80],
    [6, 10, 640],
    [7, 10, 1000],
    [5000, 10, 1000],
  ])('after %i failures lies between %i and %i', (failures, least, most) => {
    expect(backoff(failures, 10, 1000, () => 0)).toBe(least);
    expect(backoff(failures, 10, 1000, () => 1)).toBe(most);
  });

  it('is the first delay when the longest is no longer', () => {
    expect(backoff(3, 10, 5, () => 1)).toBe(10);
    expect(backoff(3, 0, 5, () => 1)).toBe(0);
  });
});

describe('rest', () => {
  it('ends at once on the signal', async () => {
    const stopping = new AbortController();
    const resting = rest(3600, stopping.signal);
    stopping.abort();
    await expect(resting).resolves.toBeUndefined();
    await expect(rest(3600, stopping.signal)).resolves.toBeUndefined();
  });
});

describe('within', () => {
  it('waits for work, also for work that fails', async () => {
    await expect(within(3600, Promise.resolve(1))).resolves.toBeUndefined();
    await expect(within(3600, Promise.reject(new Error('failed')))).resolves.toBeUndefined();
  });

  it('gives up waiting', async () => {
    await expect(within(0.01, new Promise(() => undefined))).resolves.toBeUndefined();
  });
});
