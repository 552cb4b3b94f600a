import { describe, expect, it } from '@jest/globals';
import type { RequestState } from '@bbb/rules';
import { type BuildFacts, type RequestFacts, deriveState } from './request-state.js';

type Claims = 'columns' | 'table';

const OPEN: RequestFacts = { complete: false, results: null, completeAt: null, claimedAt: 0 };
const CLAIMED: RequestFacts = { ...OPEN, claimedAt: 1000.5 };
const complete = (results: number, claimedAt: number | null): RequestFacts => {
  return { complete: true, results, completeAt: 3000.25, claimedAt };
};
const RUNNING: BuildFacts = { buildId: 8, number: 105, finishTime: null };
const ENDED: BuildFacts = { buildId: 8, number: 105, finishTime: 2000.5 };
const BUILD = { buildId: 8, number: 105 };
const EARLIER: BuildFacts = { buildId: 7, number: 104, finishTime: 900 };
/** Left behind by a master that was killed; its restart gave the next build the same number. */
const ZOMBIE: BuildFacts = { buildId: 6, number: 105, finishTime: null };

const cancelled: RequestState = { at: 'cancelled', completeAt: 3000.25 };
const finished = (results: number): RequestState => {
  return { at: 'finished', build: BUILD, results, completeAt: 3000.25 };
};

describe.each<Claims>(['columns', 'table'])('requestState with claims in %s', (claims) => {
  it.each<[string, RequestFacts, BuildFacts[], RequestState]>([
    ['new', OPEN, [], { at: 'waiting' }],
    ['never claimed, as NULL', { ...OPEN, claimedAt: null }, [], { at: 'waiting' }],
    ['claimed, its build not begun', CLAIMED, [], { at: 'waiting' }],
    ['building', CLAIMED, [RUNNING], { at: 'building', build: BUILD }],
    ['building after RETRY', CLAIMED, [EARLIER, RUNNING], { at: 'building', build: BUILD }],
    ['rows in no order', CLAIMED, [RUNNING, EARLIER], { at: 'building', build: BUILD }],
    ['building after a crash', CLAIMED, [ZOMBIE, RUNNING], { at: 'building', build: BUILD }],
    ['ended a moment ago', CLAIMED, [ENDED], { at: 'finishing', build: BUILD, since: null }],
    [
      'ended a moment ago, after a crash',
      CLAIMED,
      [ZOMBIE, ENDED],
      { at: 'finishing', build: BUILD, since: null },
    ],
    ['RETRY', OPEN, [ENDED], { at: 'requeued', build: BUILD }],
    ['abandoned by a dead master', OPEN, [RUNNING], { at: 'requeued', build: BUILD }],
    ['cancelled before a build', complete(2, 0), [], cancelled],
    ['cancelled before a build, claimed for it', complete(2, 1000), [], cancelled],
    ['marked complete in the midst of a build', complete(2, 1000), [RUNNING], cancelled],
    ['marked complete after RETRY', complete(2, 0), [ENDED], cancelled],
    ['succeeded', complete(0, 1000), [ENDED], finished(0)],
    ['failed', complete(2, 1000), [ENDED], finished(2)],
    ['failed, claimed in the second of its end', complete(2, 2000.5), [ENDED], finished(2)],
    ['stopped (Mozilla)', complete(6, 1000), [ENDED], finished(6)],
    ['succeeded after a crash', complete(0, 1000), [ZOMBIE, ENDED], finished(0)],
  ])('%s', (_, request, builds, state) => {
    expect(deriveState(request, builds, claims)).toEqual(state);
  });
});

describe('requestState', () => {
  it('knows a cancellation after RETRY by its late claim, where claims are a table', () => {
    expect(deriveState(complete(2, 2001), [ENDED], 'table')).toEqual(cancelled);
  });

  it('lets a claim in columns be reclaimed after the end', () => {
    expect(deriveState(complete(2, 2001), [ENDED], 'columns')).toEqual(finished(2));
  });

  it('believes the results of a build that lost its row of the claims table', () => {
    expect(deriveState(complete(0, null), [ENDED], 'table')).toEqual(finished(0));
    expect(deriveState(complete(2, null), [ENDED], 'table')).toEqual(cancelled);
  });
});
