import { describe, expect, it } from '@jest/globals';
import { FIRST, SECOND, seen, STATES } from '../../../libs/rules/src/testing/observations.js';
import { ExpectedMessages } from './expected-messages.js';

const STARTED = seen(STATES.building, ['pending']);

describe('ExpectedMessages', () => {
  it('counts from the first pass that lets a message expect', () => {
    const expected = new ExpectedMessages();
    expected.beginPass();
    expect(expected.measureWait('task', STARTED, 1000)).toBe(0);
    expected.beginPass();
    expect(expected.measureWait('task', STARTED, 1060)).toBe(60);
    expect(expected.measureWait('another', STARTED, 1060)).toBe(0);
    expected.beginPass();
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
      expected.beginPass();
      expect(expected.measureWait('task', observation, now)).toBe(seconds);
    }
  });

  it('forgets what a pass does not see, or lets nothing expect', () => {
    const expected = new ExpectedMessages();
    expected.beginPass();
    expected.measureWait('task', STARTED, 0);
    expected.beginPass();
    expect(expected.measureWait('task', seen(STATES.building, ['running']), 60)).toBe(0);
    expected.beginPass();
    expect(expected.measureWait('task', STARTED, 120)).toBe(0);
    expected.beginPass();
    expected.beginPass();
    expect(expected.measureWait('task', STARTED, 180)).toBe(0);
  });
});
