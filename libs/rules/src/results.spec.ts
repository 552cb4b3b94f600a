import { describe, expect, it } from '@jest/globals';
import { classifyResults, chooseResolution, type ResultSettings } from './results.js';

const ORIGINAL: ResultSettings = { warnings: 'failed', exception: 'malformed-payload' };
const OTHER: ResultSettings = { warnings: 'completed', exception: 'internal-error' };

describe('resolutionOf', () => {
  it.each([
    [0, 'SUCCESS', { report: 'completed' }],
    [1, 'WARNINGS', { report: 'failed' }],
    [2, 'FAILURE', { report: 'failed' }],
    [3, 'SKIPPED', { report: 'exception', reason: 'internal-error' }],
    [4, 'EXCEPTION', { report: 'exception', reason: 'malformed-payload' }],
    [17, 'an unknown number', { report: 'exception', reason: 'internal-error' }],
    [null, 'no number', { report: 'exception', reason: 'internal-error' }],
  ])(
    'maps %j (%s) as the original did, and lets nothing without a resolution',
    (results, _name, expected) => {
      expect(chooseResolution(results, ORIGINAL)).toEqual(expected);
    },
  );

  it('lets the configuration decide about warnings and exceptions only', () => {
    expect(chooseResolution(1, OTHER)).toEqual({ report: 'completed' });
    expect(chooseResolution(4, OTHER)).toEqual({ report: 'exception', reason: 'internal-error' });
    for (const results of [0, 2, 3, 17, null]) {
      expect(chooseResolution(results, OTHER)).toEqual(chooseResolution(results, ORIGINAL));
    }
  });
});

describe('classifyResults', () => {
  it.each([
    [5, 'cancelled'],
    [6, 'cancelled'],
    [0, 'result'],
    [1, 'result'],
    [2, 'result'],
    [3, 'result'],
    [4, 'result'],
    [17, 'result'],
    [null, 'result'],
  ])('takes a request complete with %j for %s', (results, end) => {
    expect(classifyResults(results)).toBe(end);
  });
});
