import { describe, expect, it } from '@jest/globals';
import { Heartbeats } from './heartbeats.js';

describe('Heartbeats', () => {
  it('reports loops without progress for longer than allowed', () => {
    let now = 1000;
    const beats = new Heartbeats({ now: () => now });
    const stuck = () => beats.listNames().filter((name) => beats.findProblem(name) !== undefined);
    beats.expect('pass', 180);
    beats.expect('parking', 15);
    now += 15;
    expect(stuck()).toEqual([]);
    now += 1;
    expect(stuck()).toEqual(['parking']);
    expect(beats.findProblem('parking')).toBe('no progress for more than 15 s');
    beats.beat('parking');
    beats.beat('stranger');
    expect(stuck()).toEqual([]);
    expect(beats.findProblem('stranger')).toBeUndefined();
    now += 165;
    expect(stuck()).toEqual(['pass', 'parking']);
  });
});
