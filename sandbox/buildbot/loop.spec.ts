import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Loop } from './loop.js';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('a loop', () => {
  it('steps again after each pause, also after a failure, until halted', async () => {
    jest.useFakeTimers();
    const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    let steps = 0;
    const loop = new Loop(async () => {
      if (++steps === 2) throw new Error('once');
    }, 100);
    await jest.advanceTimersByTimeAsync(350);
    expect(steps).toBe(4);
    expect(logged).toHaveBeenCalledTimes(1);
    await loop.halt();
    await jest.advanceTimersByTimeAsync(1000);
    expect(steps).toBe(4);
  });

  it('is halted when the step under way has ended', async () => {
    let end: () => void = () => undefined;
    let halted = false;
    let steps = 0;
    const loop = new Loop(() => {
      steps++;
      return new Promise<void>((resolve) => (end = resolve));
    }, 1);
    const halting = loop.halt().then(() => (halted = true));
    await new Promise(setImmediate);
    expect(halted).toBe(false);
    end();
    await halting;
    expect(halted).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(steps).toBe(1);
  });
});
