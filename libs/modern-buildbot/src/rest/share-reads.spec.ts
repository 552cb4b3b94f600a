import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Unavailable } from '@bbb/rules';
import { MalformedAnswer } from './rest-client.js';
import { shareReads } from './share-reads.js';

describe('shareReads', () => {
  let calls: { things: readonly number[]; answer: () => void; fail: (error: Error) => void }[];
  let read: (thing: number) => Promise<number>;

  beforeEach(() => {
    calls = [];
    read = shareReads<number, number>(
      (things) =>
        new Promise((resolve, reject) => {
          const answer = () => resolve(things.map((thing) => thing * 10));
          calls.push({ things, answer, fail: reject });
        }),
      3,
    );
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const asked = () => calls.map(({ things }) => things);

  it('gathers what is wanted while a call is under way, up to the maximum', async () => {
    const first = [1, 2].map(read);
    await turn();
    await turn();
    const others = [3, 4, 5, 6].map(read);
    await turn();
    expect(asked()).toEqual([[1, 2]]);
    calls[0]!.answer();
    expect(await Promise.all(first)).toEqual([10, 20]);
    await turn();
    expect(asked()).toEqual([[1, 2], [3, 4, 5], [6]]);
    for (const { answer } of calls) answer();
    expect(await Promise.all(others)).toEqual([30, 40, 50, 60]);
  });

  it('goes on after a failure, and beside a call that is not answered for a second', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
    const failing = read(1);
    await turn();
    calls[0]!.fail(new Unavailable('buildbot', 'away'));
    await expect(failing).rejects.toThrow('away');
    const silent = read(2);
    await turn();
    await turn();
    const next = read(3);
    jest.advanceTimersByTime(999);
    await turn();
    expect(asked()).toEqual([[1], [2]]);
    jest.advanceTimersByTime(1);
    await turn();
    expect(asked()).toEqual([[1], [2], [3]]);
    calls[2]!.answer();
    expect(await next).toBe(30);
    calls[1]!.answer();
    expect(await silent).toBe(20);
  });

  it('fails only the thing of which the answer is malformed', async () => {
    const odd = shareReads<number, number>((things) => {
      if (things.includes(2)) return Promise.reject(new MalformedAnswer('buildbot', 'odd'));
      return Promise.resolve([...things]);
    }, 3);
    const [first, second, third] = await Promise.allSettled([1, 2, 3].map(odd));
    expect([first, third]).toMatchObject([{ value: 1 }, { value: 3 }]);
    expect(second).toMatchObject({ reason: { message: 'odd' } });
  });
});
