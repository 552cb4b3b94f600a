import { describe, expect, it } from '@jest/globals';
import { SCENARIOS } from '../../sandbox/mix.js';
import { audit } from './audit.js';
import type { BookedRequest, BookedRun, BookedTask } from './ledger.js';
import { WHIMS } from './scenarios.js';

const SUCCESS: BookedRequest = {
  buildRequestId: 1,
  createdForRunId: 0,
  complete: true,
  results: 0,
  builds: [true],
};
const COMPLETED: BookedRun = { state: 'completed' };
const ended = (reasonResolved: string): BookedRun => ({ state: 'exception', reasonResolved });

function task(changes: Partial<BookedTask> = {}): BookedTask {
  return {
    taskId: 'task',
    scenario: WHIMS,
    userRuns: [0],
    cancelledRuns: [],
    cancelledRequests: [],
    hitInsteadOfAnother: [],
    runs: [COMPLETED],
    requests: [SUCCESS],
    taskcluster: '',
    buildbot: '',
    ...changes,
  };
}

function scenario(name: string, taskcluster: string, buildbot: string): Partial<BookedTask> {
  return { scenario: SCENARIOS.find((one) => one.name === name)!, taskcluster, buildbot };
}

const rerun = { ...SUCCESS, buildRequestId: 2, createdForRunId: 1 };
const cancelled = { ...SUCCESS, results: 2, builds: [] };

const RIGHT: [string, Partial<BookedTask>][] = [
  ['a success', {}],
  ['a failure', { runs: [{ state: 'failed' }], requests: [{ ...SUCCESS, results: 2 }] }],
  ['an expired claim on the way', { runs: [ended('claim-expired'), COMPLETED] }],
  ["a user's rerun", { runs: [COMPLETED, COMPLETED], userRuns: [0, 1], requests: [SUCCESS, rerun] }],
  [
    'a cancellation in Taskcluster',
    { runs: [ended('canceled')], cancelledRuns: [0], requests: [{ ...SUCCESS, results: 6 }] },
  ],
  ['one in Buildbot', { runs: [ended('canceled')], requests: [cancelled], cancelledRequests: [1] }],
  ['a scenario', scenario('success', 'completed', 'SUCCESS')],
  [
    'a scenario with a killed master',
    scenario('success', 'exception (worker-shutdown), completed', 'SUCCESS after 2 builds'),
  ],
  [
    "a build that was stopped in another one's place",
    {
      ...scenario('success', 'exception (canceled)', 'CANCELLED'),
      runs: [ended('canceled')],
      requests: [{ ...SUCCESS, results: 6 }],
      hitInsteadOfAnother: [1],
    },
  ],
  ['a task left alone', { ...scenario('ignored builder', 'pending', 'no request'), requests: [] }],
];

const WRONG: [string, string, Partial<BookedTask>][] = [
  ['stuck', 'a pending run', { runs: [{ state: 'pending' }], requests: [] }],
  ['stuck', 'a running run', { runs: [{ state: 'running' }] }],
  ['stuck', 'an open request', { requests: [{ ...SUCCESS, complete: false }], runs: [COMPLETED] }],
  ['duplicated', 'two requests of one run', { requests: [SUCCESS, { ...SUCCESS, buildRequestId: 2 }] }],
  ['duplicated', 'a request that nobody ordered', { requests: [SUCCESS, rerun] }],
  [
    'duplicated',
    'a request without its run',
    { requests: [SUCCESS, { ...rerun, createdForRunId: undefined }] },
  ],
  ['lost', 'an expired claim at the end', { runs: [ended('claim-expired')] }],
  ['lost', 'a result that became a cancellation', { runs: [ended('canceled')] }],
  ['lost', 'a deadline that nobody set', { runs: [ended('deadline-exceeded')] }],
  ['wrong', 'another result', { requests: [{ ...SUCCESS, results: 2 }] }],
  ['wrong', 'a result of a build that never ended', { requests: [{ ...SUCCESS, builds: [false] }] }],
  ['wrong', 'a result without a request', { requests: [] }],
  ['wrong', 'a cancellation out of nowhere', { runs: [ended('canceled')], requests: [cancelled] }],
  [
    'wrong',
    "the result of the run before a user's rerun",
    {
      runs: [COMPLETED, { state: 'failed' }],
      userRuns: [0, 1],
      requests: [SUCCESS, rerun],
    },
  ],
  ['wrong', 'a scenario with another end', scenario('warnings', 'completed', 'SUCCESS')],
  ['wrong', 'a task not left alone', scenario('ignored builder', 'pending', 'waiting')],
];

describe('the audit', () => {
  it.each(RIGHT)('finds nothing wrong with %s', (_what, changes) => {
    expect(audit(task(changes))).toEqual([]);
  });

  it.each(WRONG)('finds %s: %s', (wrong, _what, changes) => {
    expect(audit(task(changes)).map((finding) => finding.wrong)).toContain(wrong);
  });
});
