import { describe, expect, it } from '@jest/globals';
import { deriveRequestState } from './request-state.js';
import type { BuildRow, RequestRow } from './rows.js';

const OPEN: RequestRow = {
  buildrequestid: 3,
  buildsetid: 4,
  builderid: 5,
  claimed: false,
  claimed_by_masterid: null,
  complete: false,
  complete_at: null,
  results: -1,
  submitted_at: 1000,
};
const CLAIMED: RequestRow = { ...OPEN, claimed: true, claimed_by_masterid: 1 };
const complete = (results: number): RequestRow => ({
  ...CLAIMED,
  complete: true,
  complete_at: 2000,
  results,
});

const RUNNING: BuildRow = {
  buildid: 7,
  number: 2,
  builderid: 5,
  buildrequestid: 3,
  complete: false,
  complete_at: null,
  results: null,
  state_string: 'building',
};
const ended = (results: number, text = 'text'): BuildRow => ({
  ...{ ...RUNNING, complete: true, complete_at: 1990 },
  ...{ results, state_string: text },
});
const build = { buildId: 7, number: 2 };
const SHUT_DOWN = 'cancelled (Master Shutdown) in a step';

describe('deriveRequestState', () => {
  it.each([
    ['open, no build', OPEN, undefined, { at: 'waiting' }],
    ['claimed, no build yet', CLAIMED, undefined, { at: 'waiting' }],
    ['a running build', CLAIMED, RUNNING, { at: 'building', build }],
    ['a running build, its claim lost', OPEN, RUNNING, { at: 'building', build }],
    ['claimed, its build ended', CLAIMED, ended(0), { at: 'finishing', build, since: 1990 }],
    ['open, its build ended in RETRY', OPEN, ended(5), { at: 'requeued', build }],
    ['collapsed while pending', complete(3), undefined, { at: 'dropped', build: null }],
    ['collapsed after a RETRY', complete(3), ended(5), { at: 'dropped', build }],
    ['complete with RETRY', complete(5), ended(5), { at: 'dropped', build }],
    ['cancelled while pending', complete(6), undefined, { at: 'cancelled', completeAt: 2000 }],
    ['cancelled after a RETRY', complete(6), ended(5), { at: 'cancelled', completeAt: 2000 }],
    [
      'stopped without a reason',
      complete(6),
      ended(6),
      { at: 'finished', build, results: 6, completeAt: 2000 },
    ],
    ['success', complete(0), ended(0), { at: 'finished', build, results: 0, completeAt: 2000 }],
    ['exception', complete(4), ended(4), { at: 'finished', build, results: 4, completeAt: 2000 }],
    ['complete without a build', complete(0), undefined, { at: 'cancelled', completeAt: 2000 }],
  ])('%s', (_, request, newest, state) => {
    expect(deriveRequestState(request, newest)).toEqual(state);
  });

  it.each([
    ['its master', SHUT_DOWN, { at: 'dropped', build }],
    ['a user', 'cancelled (why) in a step', { at: 'finished', build, results: 6, completeAt: 2000 }],
  ])('a build stopped by %s', (_, reason, state) => {
    expect(deriveRequestState(complete(6), ended(6), reason)).toEqual(state);
  });

  it('does not treat a build that was not cancelled as shut down because of its text', () => {
    expect(deriveRequestState(complete(2), ended(2), SHUT_DOWN)).toMatchObject({
      at: 'finished',
      results: 2,
    });
  });
});
