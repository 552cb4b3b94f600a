import { describe, expect, it } from '@jest/globals';
import { NOW, request, row, seen, SETTINGS, STATES, status } from '../testing/observations.js';
import { decide } from './decide.js';
import { deriveFacts } from './facts.js';
import type { Observation } from './observation.js';
import { generateFacts } from './table.js';
import { explainWait, findTimeLimits, WAITS } from './wait.js';

/** What a situation waits for, as it is decided. */
function wait(observation: Observation) {
  const facts = deriveFacts(observation, SETTINGS, NOW);
  return explainWait(decide(facts), facts, observation, SETTINGS, NOW);
}

describe('explainWait', () => {
  it('has words for every combination of facts', () => {
    for (const facts of generateFacts()) {
      const { for: what, text } = explainWait(decide(facts), facts, {}, SETTINGS, NOW);
      expect(WAITS).toContain(what);
      expect(text).not.toMatch(/undefined|^$/);
    }
  });

  const late = { ...STATES.finished, completeAt: NOW - 100 };
  it.each<[string, Observation, object]>([
    ['a request that waits', seen(STATES.waiting, ['pending']), { for: 'worker' }],
    ['a build after RETRY', seen(STATES.requeued, ['pending']), { for: 'worker' }],
    ['a claimed build', seen(STATES.building, ['running']), { for: 'build' }],
    ['a build that is not claimed yet', seen(STATES.building, ['pending']), { for: 'bridge' }],
    [
      'the end message',
      seen(late, ['running']),
      { for: 'message', until: NOW - 100 + SETTINGS.finishedGrace },
    ],
    [
      'a master that completes the request',
      seen({ ...STATES.finishing, since: NOW - 30 }, ['running']),
      { for: 'buildbot', until: NOW - 30 + SETTINGS.stuckGrace },
    ],
    ['a cancellation', seen(STATES.waiting, ['canceled']), { for: 'buildbot' }],
    [
      'the end of the grace',
      { row: row({ missingSince: NOW - 50 }), status: status('pending') },
      { for: 'grace', until: NOW - 50 + SETTINGS.missingGrace },
    ],
    ['a confirmation', { row: row(), status: status('pending'), absenceDoubted: true }, { for: 'operator' }],
    [
      'a confirmation before its request is created',
      { status: status('pending'), absenceDoubted: true },
      { for: 'operator' },
    ],
    [
      'a confirmation before the creation of its request goes on',
      { row: row({ buildRequestId: null }), status: status('pending'), absenceDoubted: true },
      { for: 'operator' },
    ],
    [
      'what no confirmation changes',
      { row: row({ missingSince: NOW - 1000 }), status: status('foreign'), absenceDoubted: true },
      { for: 'taskcluster' },
    ],
    ['Buildbot', { row: row(), status: status('running'), buildbotUnavailable: true }, { for: 'buildbot' }],
    ['another worker', seen(STATES.waiting, ['foreign']), { for: 'taskcluster' }],
    [
      'the deadline',
      { ...seen(STATES.waiting, ['pending']), status: { ...status('pending'), deadline: NOW - 1 } },
      { for: 'taskcluster' },
    ],
    ['nothing', { status: status('completed') }, { for: 'nothing' }],
  ])('knows that a task waits for %s', (_, observation, expected) => {
    expect(wait(observation)).toMatchObject(expected);
  });
});

describe('findTimeLimits', () => {
  it('tells when a claim ends, and from when on it is reclaimed', () => {
    const observation = { row: row(), request: request(STATES.building), status: status('running') };
    const limits = findTimeLimits(observation, SETTINGS);
    expect(limits).toMatchObject({ deadline: NOW + 10_000, claimedUntil: NOW + 1200 });
    const isDue = (now: number) => deriveFacts(observation, SETTINGS, now).claimDue;
    expect(isDue(limits.reclaimedFrom! - 0.01)).toBe(false);
    expect(isDue(limits.reclaimedFrom! + 0.01)).toBe(true);
  });

  it('knows no claim of a pending run', () => {
    expect(findTimeLimits(seen(STATES.waiting, ['pending'], { takenUntil: NOW }), SETTINGS)).toMatchObject({
      claimedUntil: null,
      reclaimedFrom: null,
    });
  });
});
