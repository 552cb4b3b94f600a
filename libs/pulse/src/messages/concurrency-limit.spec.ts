import { describe, expect, it } from '@jest/globals';
import { ConcurrencyLimit } from './concurrency-limit.js';
import { gate } from '../testing/pulse-application.js';

describe('ConcurrencyLimit', () => {
  it('runs at most so many at a time, in the order they came', async () => {
    const inFlight = new ConcurrencyLimit(2);
    const gates = [gate(), gate(), gate(), gate()];
    const begun: number[] = [];
    const runs = gates.map(({ opened }, index) =>
      inFlight.run(() => {
        begun.push(index);
        return opened;
      }),
    );
    expect(begun).toEqual([0, 1]);
    gates[1]!.open();
    await runs[1];
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await inFlight.waitUntilIdle();
    expect(begun).toEqual([0, 1, 2, 3]);
    await Promise.all(runs);
  });

  it('makes room after a failure', async () => {
    const inFlight = new ConcurrencyLimit(1);
    await expect(inFlight.run(async () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    await inFlight.waitUntilIdle();
    await expect(inFlight.run(async () => undefined)).resolves.toBeUndefined();
  });
});
