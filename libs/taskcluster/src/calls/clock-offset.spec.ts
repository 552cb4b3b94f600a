import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ClockOffset } from './clock-offset.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const NOW = Date.parse('2026-01-01T00:00:00Z');

/** The header of a server that is so many seconds ahead. */
const header = (ahead: number) => new Date(NOW + ahead * 1000).toUTCString();

function offsetAfter(...ahead: number[]): ClockOffset {
  const offset = new ClockOffset();
  for (const seconds of ahead) offset.note(header(seconds), NOW + 500);
  return offset;
}

describe('the offset of the clocks', () => {
  it('is not known before an answer with a date', () => {
    const offset = new ClockOffset();
    offset.note(undefined, NOW);
    offset.note('yesterday', NOW);
    expect(offset.seconds).toBeUndefined();
    expect(offset.findProblem()).toBeUndefined();
  });

  it('is not changed by one answer with a wrong date, and follows a clock that is set', () => {
    expect(offsetAfter(1, 1, 1, 3600).seconds).toBe(1);
    expect(offsetAfter(720, 720, 720, 0, 0, 0).seconds).toBe(0);
  });

  it.each([
    [5, 'none'],
    [6, 'warn'],
    [-60, 'warn'],
    [720, 'error'],
    [-61, 'error'],
  ])('of %i s is logged once: %s', (seconds, level) => {
    const logged = (['warn', 'error'] as const).map((name) => {
      const spy = jest.spyOn(Logger.prototype, name).mockImplementation(() => undefined);
      return () => (spy.mock.calls.length > 0 ? [name, spy.mock.calls.length] : []);
    });
    const offset = offsetAfter(seconds, seconds, seconds);
    expect(logged.flatMap((read) => read())).toEqual(level === 'none' ? [] : [level, 1]);
    expect(offset.findProblem() === undefined).toBe(level === 'none');
  });
});
