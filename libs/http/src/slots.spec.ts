import { describe, expect, it } from '@jest/globals';
import { Slots } from './slots.js';

describe('Slots', () => {
  it('let so many work at the same time, and the others in the order they came', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const work = (number: number) =>
      slots.run(async () => {
        begun.push(number);
        await new Promise<void>((resolve) => ends.push(resolve));
        return number;
      }, 5000);
    const all = [1, 2, 3, 4].map(work);
    await Promise.resolve();
    expect(begun).toEqual([1, 2]);
    ends[1]!();
    await all[1];
    expect(begun).toEqual([1, 2, 3]);
    ends[0]!();
    ends[2]!();
    expect(await all[2]).toBe(3);
    ends[3]!();
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
  });

  it('are given back by work that fails', async () => {
    const slots = new Slots(1);
    const failing = slots.run(() => Promise.reject(new Error('no')), 5000);
    const next = slots.run(async () => 'done', 5000);
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });

  it('are not kept for those who gave up waiting', async () => {
    const slots = new Slots(1);
    let end!: () => void;
    const first = slots.run(() => new Promise<void>((resolve) => (end = resolve)), 5000);
    const begun: string[] = [];
    const wait = (name: string, within: number) =>
      slots.run(async () => {
        begun.push(name);
      }, within);
    const waiting = [wait('a', 5000), wait('b', 20), wait('c', 5000)];
    await expect(waiting[1]).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    end();
    await Promise.all([first, waiting[0], waiting[2], wait('d', 5000)]);
    expect(begun).toEqual(['a', 'c', 'd']);
  });
});
