import { expect, it } from '@jest/globals';
import { openOther, renderRatiosInTurn } from './against.js';

it('compares medians, and tells between which ratios the pairs of runs were', () => {
  const figures = (...values: number[]) => values.map((cpu) => ({ 'cpu s/1000': cpu }));
  const comparison = { scenario: 'pending', latency: 20, older: figures(2, 4, 3), newer: figures(1, 4, 1.5) };
  expect(renderRatiosInTurn(comparison)).toBe(
    'pending, 20 ms: newer / older\n  cpu s/1000  0.50  (0.50 to 1.00)  3.00 -> 1.50\n',
  );
});

it('names what is compared when it is a variable', () => {
  const pair = { older: [{ cpu: 1 }], newer: [{ cpu: 1.04 }] };
  const comparison = { scenario: 'pending', sides: 'without / with BBB_JOURNAL_DAYS=0', latency: 0, ...pair };
  expect(renderRatiosInTurn(comparison)).toMatch(
    /^pending, 0 ms: without \/ with BBB_JOURNAL_DAYS=0\n {2}cpu {2}1\.04 /,
  );
});

it('measures a variable on this checkout', async () => {
  expect(await openOther('BBB_JOURNAL_DAYS=0')).toMatchObject({
    folder: '.',
    env: { BBB_JOURNAL_DAYS: '0' },
  });
});

it('marks a rate within a third of what the bench itself carries', () => {
  const compare = (rate: number) =>
    renderRatiosInTurn(
      { scenario: 'pending', latency: 20, older: [{ 'events/s': 100 }], newer: [{ 'events/s': rate }] },
      { pending: 900 },
    );
  expect(compare(599)).not.toContain('limit');
  expect(compare(600)).toContain("100.00 -> 600.00  the bench's own limit: it carries 900\n");
});
