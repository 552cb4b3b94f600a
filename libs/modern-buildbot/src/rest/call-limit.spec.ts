import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '@bbb/rules';
import { CallLimit } from './call-limit.js';

/** Work that ends when it is told to. */
function steered(started: string[]) {
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    started.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  return { work, end: (name: string) => ends.get(name)!() };
}

describe('CallLimit', () => {
  it('gives bulk reads a quarter of the limit, and runs urgent calls first', async () => {
    const started: string[] = [];
    const { work, end } = steered(started);
    const limit = new CallLimit(8);
    const run = (urgency: 'urgent' | 'bulk', name: string) => void limit.run(urgency, work(name), 60_000);
    for (const name of ['b1', 'b2', 'b3', 'b4']) run('bulk', name);
    for (const name of ['u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7']) run('urgent', name);
    expect(started).toEqual(['b1', 'b2', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6']);
    end('b1');
    await turn();
    expect(started.slice(8)).toEqual(['u7']);
    end('u1');
    await turn();
    expect(started.slice(9)).toEqual(['b3']);
    end('u2');
    await turn();
    // The two others are bulk already.
    expect(started).toHaveLength(10);
    end('b2');
    await turn();
    expect(started.slice(10)).toEqual(['b4']);
  });

  it('uses half of the limit while calls last longer than a second', async () => {
    const started: string[] = [];
    const { work, end } = steered(started);
    let now = 0;
    const limit = new CallLimit(4, () => now);
    for (const name of ['1', '2', '3', '4', '5', '6', '7', '8']) void limit.run('urgent', work(name), 60_000);
    expect(started).toHaveLength(4);
    now = 1001;
    for (const name of ['1', '2', '3']) end(name);
    await turn();
    // With the fourth, which goes on, two are under way.
    expect(started.slice(4)).toEqual(['5']);
    end('5');
    await turn();
    // It was quick: the whole limit is used again.
    expect(started.slice(5)).toEqual(['6', '7', '8']);
  });

  it('frees its place after a failure', async () => {
    const limit = new CallLimit(1);
    await expect(limit.run('urgent', () => Promise.reject(new Error('no')), 1000)).rejects.toThrow('no');
    expect(await limit.run('bulk', async () => 1, 1000)).toBe(1);
  });

  it('does not start a call that could not start in time', async () => {
    const started: string[] = [];
    const { work, end } = steered(started);
    const limit = new CallLimit(1);
    const first = limit.run('urgent', work('first'), 1000);
    await expect(limit.run('urgent', work('second'), 20)).rejects.toBeInstanceOf(Unavailable);
    end('first');
    await first;
    expect(started).toEqual(['first']);
    expect(await limit.run('urgent', async () => 'third', 1000)).toBe('third');
  });
});
