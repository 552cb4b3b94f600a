import { expect, it, jest } from '@jest/globals';
import { StartDelayed } from './start-delayed.js';
import { startPatiently } from './start-patiently.js';

const logger = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
const PAUSES = { first: 0.001, most: 0.004 };
const signal = new AbortController().signal;

it('tries again with growing pauses until it is started', async () => {
  let attempts = 0;
  const start = async () => {
    if (++attempts < 6) throw new StartDelayed('the port is taken');
    return 'running';
  };
  expect(await startPatiently(start, logger, signal, PAUSES)).toBe('running');
  const pauses = logger.error.mock.calls.map(([fields]) => (fields as { retryIn: number }).retryIn);
  expect(pauses).toEqual([0.001, 0.002, 0.004, 0.004, 0.004]);
});

it('does not try again after another failure', async () => {
  let attempts = 0;
  const start = async () => {
    attempts++;
    throw new Error('surprise');
  };
  await expect(startPatiently(start, logger, signal, PAUSES)).rejects.toThrow('surprise');
  expect(attempts).toBe(1);
});
