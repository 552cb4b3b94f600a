import { describe, expect, it } from '@jest/globals';
import { VerdictCounts } from './verdict-counts.js';

describe('VerdictCounts', () => {
  it('counts verdicts and failed reconciliations, and rethrows their errors', async () => {
    const counts = new VerdictCounts();
    await counts.countOutcome(Promise.resolve('wait'));
    await counts.countOutcome(Promise.resolve('wait'));
    await counts.countOutcome(Promise.resolve('reclaim'));
    await expect(counts.countOutcome(Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(counts.toObject()).toEqual({ wait: 2, reclaim: 1, failed: 1 });
  });
});
