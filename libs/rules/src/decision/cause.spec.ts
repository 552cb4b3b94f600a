import { describe, expect, it } from '@jest/globals';
import { NOW, row, seen, SETTINGS, STATES, status } from '../testing/observations.js';
import { explainCause } from './cause.js';
import { decide } from './decide.js';
import { deriveFacts } from './facts.js';
import type { Observation } from './observation.js';

function explain(observation: Observation) {
  const facts = deriveFacts(observation, SETTINGS, NOW);
  return explainCause(decide(facts), facts, observation, NOW);
}

const MISSING = { missingSince: NOW - 600 };

describe('the cause of a verdict', () => {
  it.each([
    [
      'cancelled by its user',
      seen(STATES.waiting, ['canceled']),
      'cancel-request',
      'the task was cancelled in Taskcluster',
    ],
    [
      'past its deadline',
      seen(STATES.building, ['deadline-exceeded']),
      'cancel-request',
      'the task passed its deadline',
    ],
    [
      'missing from Taskcluster',
      { ...seen(STATES.waiting, ['pending'], MISSING), status: undefined },
      'cancel-request',
      'the task is missing from Taskcluster',
    ],
    [
      'missing from Buildbot',
      { row: row({ ...MISSING, takenUntil: NOW + 1200 }), status: status('running') },
      'abandon',
      'the build request is missing from Buildbot',
    ],
    [
      'cancelled in Buildbot',
      seen(STATES.cancelled, ['running']),
      'cancel-task',
      'the build request was cancelled in Buildbot',
    ],
    ['both at their end', seen(STATES.finished, ['completed']), 'forget', 'the run ended as completed'],
    [
      'rerun by a user',
      seen(STATES.waiting, ['failed', 'pending']),
      'cancel-request',
      'a user reran the task',
    ],
    [
      'lost with no retries left',
      seen(STATES.building, ['claim-expired']),
      'rerun',
      'the run was lost (claim-expired) and no retries are left',
    ],
    ['given up by Buildbot', seen(STATES.requeued, ['running']), 'retry', expect.stringContaining('RETRY')],
  ])('%s has its own description', (_what, observation, verdict, cause) => {
    expect(explain(observation)).toMatchObject({ verdict, cause });
  });

  it('has the facts that led to it', () => {
    expect(explain(seen(STATES.waiting, ['canceled']))).toEqual({
      verdict: 'cancel-request',
      cause: 'the task was cancelled in Taskcluster',
      run: 'ended',
      request: 'waiting',
      reasonResolved: 'canceled',
    });
    expect(explain({ ...seen(STATES.waiting, ['pending'], MISSING), status: undefined }).missingFor).toBe(
      600,
    );
  });
});
