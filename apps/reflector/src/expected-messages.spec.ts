import { describe, expect, it } from '@jest/globals';
import { FIRST, SECOND, seen, STATES } from '../../../libs/rules/src/testing/observations.js';
import { ExpectedMessages } from './expected-messages.js';

const STARTED = seen(STATES.building, ['pending']);

describe('ExpectedMessages', () => {
  it('counts from the first pass that lets a message expect', () => {
    const expected = new ExpectedMessages();
    expected.beginWalk(1000);
    expect(expected.measureWait('task', STARTED, 1000)).toBe(0);
    expected.beginWalk(1060);
    expect(expected.measureWait('task', STARTED, 1060)).toBe(60);
    expect(expected.measureWait('another', STARTED, 1060)).toBe(0);
    expected.beginWalk(1130);
    expect(expected.measureWait('task', STARTED, 1130)).toBe(130);
  });

  it('counts anew for another message, and goes on when a RETRY is followed by the next build', () => {
    const expected = new ExpectedMessages();
    const retried = seen(STATES.requeued, ['running'], { buildId: FIRST.buildId });
    const rebuilt = seen({ at: 'building', build: SECOND }, ['running'], { buildId: FIRST.buildId });
    for (const [observation, now, seconds] of [
      [STARTED, 0, 0],
      [retried, 60, 0],
      [rebuilt, 120, 60],
    ] as const) {
      expected.beginWalk(now);
      expect(expected.measureWait('task', observation, now)).toBe(seconds);
    }
  });

  it('forgets a message that is not expected any more', () => {
    const expected = new ExpectedMessages();
    expected.beginWalk(0);
    expected.measureWait('task', STARTED, 0);
    expected.beginWalk(60);
    expect(expected.measureWait('task', seen(STATES.building, ['running']), 60)).toBe(0);
    expected.beginWalk(120);
    expect(expected.measureWait('task', STARTED, 120)).toBe(0);
  });

  it('remembers a message whose task other reflectors have seen meanwhile, but not for long', () => {
    const expected = new ExpectedMessages();
    for (const now of [0, 240, 480]) {
      expected.beginWalk(now);
      if (now !== 240) expect(expected.measureWait('task', STARTED, now)).toBe(now);
    }
    expected.beginWalk(1200);
    expected.beginWalk(1800);
    expect(expected.measureWait('task', STARTED, 1800)).toBe(0);
  });
});
