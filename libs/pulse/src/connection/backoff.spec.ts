import { describe, expect, it } from '@jest/globals';
import { pickDelay, wait, waitAtMost } from './backoff.js';

describe('pickDelay', () => {
  it.each([
    [1, 10, 20],
    [2, 10, 40],
    [3, 10, 80],
    [6, 10, 640],
    [7, 10, 1000],
    [5000, 10, 1000],
  ])('after %i failures lies between %i and %i', (failures, least, most) => {
    expect(pickDelay(failures, 10, 1000, () => 0)).toBe(least);
    expect(pickDelay(failures, 10, 1000, () => 1)).toBe(most);
  });

  it('is the first delay when the longest is no longer', () => {
    expect(pickDelay(3, 10, 5, () => 1)).toBe(10);
    expect(pickDelay(3, 0, 5, () => 1)).toBe(0);
  });
});

describe('wait', () => {
  it('ends at once on the signal', async () => {
    const stopping = new AbortController();
    const waiting = wait(3600, stopping.signal);
    stopping.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(wait(3600, stopping.signal)).resolves.toBeUndefined();
  });
});

describe('waitAtMost', () => {
  it('waits for work, also for work that fails', async () => {
    await expect(waitAtMost(3600, Promise.resolve(1))).resolves.toBeUndefined();
    await expect(waitAtMost(3600, Promise.reject(new Error('failed')))).resolves.toBeUndefined();
  });

  it('gives up waiting', async () => {
    await expect(waitAtMost(0.01, new Promise(() => undefined))).resolves.toBeUndefined();
  });
});
