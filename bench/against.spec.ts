import { expect, it } from '@jest/globals';
import { renderRatiosInTurn } from './against.js';

it('compares medians, and tells between which ratios the pairs of runs were', () => {
  const figures = (...values: number[]) => values.map((cpu) => ({ 'cpu s/1000': cpu }));
  const comparison = { scenario: 'pending', latency: 20, older: figures(2, 4, 3), newer: figures(1, 4, 1.5) };
  expect(renderRatiosInTurn(comparison)).toBe(
    'pending, 20 ms: newer / older\n  cpu s/1000  0.50  (0.50 to 1.00)  3.00 -> 1.50\n',
  );
});
