import { describe, expect, it } from '@jest/globals';
import { Heartbeats } from './heartbeats.js';

describe('Heartbeats', () => {
  it('names the loops that are silent for longer than they may', () => {
    let now = 1000;
    const beats = new Heartbeats({ now: () => now });
    beats.expect('pass', 180);
    beats.expect('parking', 15);
    now += 15;
    expect(beats.silent()).toEqual([]);
    now += 1;
    expect(beats.silent()).toEqual(['parking']);
    beats.beat('parking');
    beats.beat('stranger');
    expect(beats.silent()).toEqual([]);
    now += 165;
    expect(beats.silent()).toEqual(['pass', 'parking']);
    beats.forget('pass');
    expect(beats.silent()).toEqual(['parking']);
  });
});
