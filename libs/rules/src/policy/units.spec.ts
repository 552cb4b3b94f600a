import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countReads } from '../testing/count-reads.js';
import { countUnits } from './units.js';

describe('countUnits', () => {
  it('counts at most the bytes of the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const units = countUnits(value, Infinity);
        expect(units).toBeGreaterThan(0);
        expect(units).toBeLessThanOrEqual(Buffer.byteLength(JSON.stringify(value)));
      }),
    );
  });

  it.each<[string, unknown]>([
    ['a text', 'x'.repeat(100_000)],
    ['a list', Array.from({ length: 100_000 }, () => 1)],
    ['lists', Array.from({ length: 900 }, () => Array.from({ length: 900 }, () => []))],
    ['members', Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1]))],
    ['depth', JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))],
  ])('stops soon after its limit: %s', (_name, value) => {
    const counted = countReads(value);
    expect(countUnits(counted.value, 1000)).toBeGreaterThan(1000);
    expect(counted.reads()).toBeLessThanOrEqual(6000);
  });
});
