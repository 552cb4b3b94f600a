import { describe, expect, it } from '@jest/globals';
import {
  FIRST,
  NOW,
  OURS,
  request,
  row,
  run,
  SECOND,
  seen,
  SETTINGS,
  STATES,
  status,
} from '../testing/observations.js';
import { type Facts, deriveFacts } from './facts.js';
import type { BuildEvent, Observation } from './observation.js';
import { findFirstRun, findLatestRun } from './runs.js';

const facts = (observation: Observation, now = NOW): Facts => deriveFacts(observation, SETTINGS, now);
const LOST = ['claim-expired', 'worker-shutdown', 'intermittent-task'];
const EVENT: BuildEvent = { kind: 'finished', buildNumber: FIRST.number, results: 0 };

describe('the run', () => {
  it.each([
    ['absent', undefined],
    ['unscheduled', status()],
    ['pending', status('pending')],
    ['running', status('running')],
    ['foreign', status('foreign')],
    ['ended', status('completed')],
    ['ended', status('failed')],
    ['ended', status('canceled')],
    ['ended', status('deadline-exceeded')],
    ['ended', status('malformed-payload')],
    ['ended', status('internal-error')],
    ['ended', status('resource-unavailable')],
    ['ended', status('a reason of the future')],
    ...LOST.map((reason) => ['lost', status(reason)] as const),
  ])('is %s', (fact, seenStatus) => {
    expect(facts({ status: seenStatus }).run).toBe(fact);
  });

  it('is the latest one, whatever the results of earlier runs', () => {
    expect(facts({ status: status('claim-expired', 'canceled', 'pending') }).run).toBe('pending');
    expect(facts({ status: status('completed', 'running') }).run).toBe('running');
    expect(findLatestRun(status('completed', 'running'))?.runId).toBe(1);
    expect(findLatestRun(status())).toBeUndefined();
  });

  it('is ours only when both group and id match', () => {
    const held = (worker: Partial<typeof OURS>) => {
      const seenStatus = status('running');
      return { status: { ...seenStatus, runs: [{ ...run(0, 'running'), ...worker }] } };
    };
    expect(facts(held({})).run).toBe('running');
    expect(facts(held({ workerGroup: 'other' })).run).toBe('foreign');
    expect(facts(held({ workerId: 'other' })).run).toBe('foreign');
  });
});

describe('the request', () => {
  it('is untracked without a row, whatever Buildbot says', () => {
    expect(facts({ status: status('pending') }).request).toBe('untracked');
    expect(facts({ request: request(STATES.building) }).request).toBe('untracked');
  });

  it('is creating while no id is recorded, and gone when Buildbot does not know the id', () => {
    expect(facts({ row: row({ buildRequestId: null }), status: status('pending') }).request).toBe('creating');
    expect(facts({ row: row(), status: status('pending') }).request).toBe('gone');
  });

  it('is unavailable, and not gone, while Buildbot is unavailable', () => {
    expect(facts({ row: row(), status: status('pending'), buildbotUnavailable: true }).request).toBe(
      'unavailable',
    );
    const ordered = {
      row: row({ buildRequestId: null }),
      status: status('pending'),
      buildbotUnavailable: true,
    };
    expect(facts(ordered).request).toBe('creating');
  });

  it.each(Object.entries(STATES))('is %s as Buildbot says', (fact, state) => {
    expect(facts(seen(state, ['pending'])).request).toBe(fact);
  });

  it.each([
    [5, 'cancelled'],
    [6, 'cancelled'],
    [0, 'finished'],
    [2, 'finished'],
    [3, 'finished'],
    [null, 'finished'],
  ])('complete with results %j is %s', (results, fact) => {
    expect(facts(seen({ ...STATES.finished, results }, ['running'])).request).toBe(fact);
  });

  describe('whose build runs', () => {
    it.each([
      ['building', 'the run is claimed for no known build', null],
      ['building', 'the run is claimed for this build', FIRST.buildId],
      ['rebuilding', 'the run is claimed for an earlier build', FIRST.buildId - 1],
    ])('is %s when %s', (fact, _when, buildId) => {
      expect(facts(seen(STATES.building, ['running'], { buildId })).request).toBe(fact);
    });

    it('is building for a new run when the earlier build belonged to the previous run', () => {
      const after = seen({ at: 'building', build: SECOND }, ['worker-shutdown', 'pending'], {
        buildId: FIRST.buildId,
      });
      expect(facts(after).request).toBe('building');
    });
  });

  describe('whose build has just ended', () => {
    const ended = (event?: BuildEvent) => facts({ ...seen(STATES.finishing, ['running']), event }).request;

    it.each<[string, BuildEvent | undefined]>([
      ['without a message', undefined],
      ['with another result', { ...EVENT, results: 0 }],
      ['with a RETRY, perhaps of another master’s build of that number', { ...EVENT, results: 5 }],
      ['with a message of its start', { kind: 'started', buildNumber: FIRST.number }],
    ])('is finishing %s', (_what, event) => {
      expect(ended(event)).toBe('finishing');
    });
  });

  it.each(['waiting', 'building', 'finished', 'cancelled'] as const)(
    'that is %s does not change for a message of a RETRY',
    (at) => {
      const event = { ...EVENT, results: 5 };
      expect(facts({ ...seen(STATES[at], ['running']), event }).request).toBe(at);
    },
  );
});

describe('a change that a message will announce', () => {
  const GRACE = 120;
  const requestOf = (observation: Observation, expectedFor?: number, event?: BuildEvent) =>
    deriveFacts({ ...observation, expectedFor, event }, { ...SETTINGS, messageGrace: GRACE }, NOW).request;
  const started: BuildEvent = { kind: 'started', buildNumber: SECOND.number };
  const retried: BuildEvent = { kind: 'finished', buildNumber: FIRST.number, results: 5 };
  const claimed = { buildId: FIRST.buildId };

  it.each<[string, Observation, string, string, BuildEvent]>([
    ['the start of a build', seen(STATES.building, ['pending']), 'waiting', 'building', started],
    [
      'the end of a build that was not claimed',
      seen(STATES.finished, ['pending']),
      'finishing',
      'finished',
      EVENT,
    ],
    ['RETRY', seen(STATES.requeued, ['running'], claimed), 'finishing', 'requeued', retried],
    [
      'RETRY, when the next build runs',
      seen({ at: 'building', build: SECOND }, ['running'], claimed),
      'finishing',
      'rebuilding',
      retried,
    ],
  ])('is left to it for the grace: %s', (_what, observation, before, after, event) => {
    expect(requestOf(observation, 0)).toBe(before);
    expect(requestOf(observation, GRACE - 1)).toBe(before);
    expect(requestOf(observation, GRACE)).toBe(after);
    // The message has come, or nobody waits for one.
    expect(requestOf(observation, undefined, event)).toBe(after);
    expect(requestOf(observation)).toBe(after);
    expect(facts({ ...observation, expectedFor: 0 }).request).toBe(after);
  });

  it('leaves the end of a rejected run to the process that has claimed it', () => {
    const rejected = { row: row({ buildRequestId: null }), status: status('running') };
    expect(requestOf(rejected, 0)).toBe('waiting');
    expect(requestOf(rejected, GRACE)).toBe('creating');
    expect(requestOf(rejected)).toBe('creating');
  });

  it('is not announced by the start of the next build: a RETRY waits for the message with the artifacts', () => {
    const rebuilding = seen({ at: 'building', build: SECOND }, ['running'], claimed);
    expect(requestOf(rebuilding, undefined, started)).toBe('finishing');
  });

  it('does not keep a run that a user has rerun from being decided on', () => {
    const superseded = seen(STATES.building, ['failed', 'pending']);
    expect(requestOf(superseded, 0)).toBe('building');
  });

  it.each(['waiting', 'building', 'finishing'] as const)(
    'is none for a claimed run whose request is %s',
    (at) => {
      expect(requestOf(seen(STATES[at], ['running'], claimed), 0)).toBe(at);
    },
  );
});

describe('findFirstRun', () => {
  it.each([
    [['pending'], 0, 0],
    [['worker-shutdown', 'pending'], 1, 0],
    [['claim-expired', 'worker-shutdown', 'intermittent-task', 'running'], 3, 0],
    [['canceled', 'pending'], 1, 1],
    [['claim-expired', 'canceled', 'worker-shutdown', 'pending'], 3, 2],
    [['claim-expired', 'canceled', 'worker-shutdown', 'pending'], 1, 0],
    [['completed', 'pending'], 1, 1],
    [['malformed-payload', 'pending'], 1, 1],
    [['deadline-exceeded', 'pending'], 1, 1],
  ])('of %j: run %i belongs to the request of run %i', (sketches, runId, first) => {
    expect(findFirstRun(status(...sketches).runs, runId)?.runId).toBe(first);
  });

  it('is undefined for a run that does not exist', () => {
    expect(findFirstRun(status('pending').runs, 1)).toBeUndefined();
  });
});

describe('superseded', () => {
  const newer = (...[state, sketches, changes]: Parameters<typeof seen>) =>
    facts(seen(state, sketches, changes)).superseded;

  it('is false while the row follows the latest run', () => {
    expect(newer(STATES.building, ['running'])).toBe(false);
    expect(newer(STATES.finished, ['canceled', 'completed'], { runId: 1 })).toBe(false);
    expect(facts({ row: row() }).superseded).toBe(false);
    expect(facts({ status: status('completed', 'pending') }).superseded).toBe(false);
  });

  it.each(LOST)('is false after %s: the new run continues the work', (reason) => {
    for (const state of Object.values(STATES)) expect(newer(state, [reason, 'pending'])).toBe(false);
  });

  it('is false after a chain of lost runs that the row has not followed', () => {
    expect(newer(STATES.building, [...LOST, 'running'])).toBe(false);
  });

  it.each(['canceled', 'completed', 'failed', 'deadline-exceeded', 'internal-error'])(
    'is true when a user reruns a task that was %s, whether the old request is open or not',
    (reason) => {
      for (const state of Object.values(STATES)) expect(newer(state, [reason, 'pending'])).toBe(true);
      expect(facts({ row: row(), status: status(reason, 'pending') }).superseded).toBe(true);
      expect(
        facts({ row: row({ buildRequestId: null }), status: status(reason, 'pending') }).superseded,
      ).toBe(true);
    },
  );

  it('is true when a user ended a run of the chain, even if the previous run was lost', () => {
    expect(newer(STATES.building, ['canceled', 'worker-shutdown', 'pending'])).toBe(true);
    expect(newer(STATES.building, ['canceled', 'worker-shutdown', 'pending'], { runId: 1 })).toBe(false);
  });

  describe('after malformed-payload', () => {
    const sketches = ['malformed-payload', 'pending'];

    // So did the original bridge end the run of a RETRY, and reran the task.
    it.each(['waiting', 'building', 'finishing', 'requeued'] as const)(
      'is false while the request is open: %s',
      (at) => {
        expect(newer(STATES[at], sketches)).toBe(false);
        expect(newer(STATES[at], ['malformed-payload', 'malformed-payload', 'pending'])).toBe(false);
      },
    );

    it.each(['finished', 'cancelled'] as const)('is true once the request is complete: %s', (at) => {
      expect(newer(STATES[at], sketches)).toBe(true);
    });

    it('is true when the payload was rejected, which leaves no request', () => {
      expect(facts({ row: row({ buildRequestId: null }), status: status(...sketches) }).superseded).toBe(
        true,
      );
    });
  });
});

describe('the times', () => {
  const running = seen(STATES.building, ['running']);

  it('passes the deadline exactly at its second', () => {
    const deadline = running.status?.deadline ?? 0;
    expect(facts(running, deadline - 1).deadlinePassed).toBe(false);
    expect(facts(running, deadline).deadlinePassed).toBe(true);
    expect(facts({ row: row() }, deadline).deadlinePassed).toBe(false);
  });

  it('has a claim due within the window before its end', () => {
    const end = NOW + 1200;
    expect(facts(running, end - 1.1 * SETTINGS.reclaimWindow).claimDue).toBe(false);
    expect(facts(running, end - SETTINGS.reclaimWindow + 1).claimDue).toBe(true);
    expect(facts(running, end + 1).claimDue).toBe(true);
  });

  it('has a claim due later in a process that does not hold the run', () => {
    const running = {
      ...seen(STATES.building, ['running'], { takenUntil: NOW + 0.995 * SETTINGS.reclaimWindow }),
    };
    running.status!.runs = running.status!.runs.map((one) => ({
      ...one,
      takenUntil: NOW + 0.995 * SETTINGS.reclaimWindow,
    }));
    expect(facts({ ...running, isHeld: true }).claimDue).toBe(true);
    expect(facts({ ...running, isHeld: false }).claimDue).toBe(false);
    expect(facts({ ...running, isHeld: false }, NOW + 0.2 * SETTINGS.reclaimWindow).claimDue).toBe(true);
  });

  it('spreads claims that began together over a tenth of the window', () => {
    const due = Array.from({ length: 100 }, (_, index) => {
      const seen = { row: row({ taskId: `task-${index}`, takenUntil: NOW + 1.05 * SETTINGS.reclaimWindow }) };
      return facts(seen).claimDue;
    });
    const early = due.filter(Boolean).length;
    expect(early).toBeGreaterThan(20);
    expect(early).toBeLessThan(80);
  });

  it('takes the end of the claim from the run before the row', () => {
    const late = row({ takenUntil: NOW + 100 });
    expect(facts({ row: late, status: status('running') }).claimDue).toBe(false);
    expect(facts({ row: late }).claimDue).toBe(true);
    expect(facts({ row: row({ takenUntil: NOW + 1200 }) }).claimDue).toBe(false);
  });

  it('waits for the end message of a finished build, but no longer than the grace', () => {
    const finished = seen({ ...STATES.finished, completeAt: NOW }, ['running']);
    expect(facts(finished, NOW + SETTINGS.finishedGrace - 1).reportDue).toBe(false);
    expect(facts(finished, NOW + SETTINGS.finishedGrace).reportDue).toBe(true);
    expect(facts({ ...finished, event: EVENT }).reportDue).toBe(true);
  });

  it('judges by the time for which the build has been seen finished, whatever the clock of its master says', () => {
    for (const completeAt of [NOW - 3600, NOW + 3600, null]) {
      const finished = seen({ ...STATES.finished, completeAt }, ['running']);
      const due = [0, SETTINGS.finishedGrace - 1, SETTINGS.finishedGrace].map(
        (finishedFor) => facts({ ...finished, finishedFor }).reportDue,
      );
      expect(due).toEqual([false, false, true]);
    }
  });

  it('waits for no message when the end of the build is unknown', () => {
    expect(facts(seen({ ...STATES.finished, completeAt: null }, ['running'])).reportDue).toBe(true);
  });

  it.each<[string, BuildEvent]>([
    ['the end of another build', { ...EVENT, buildNumber: FIRST.number - 1 }],
    ['the start of the build', { kind: 'started', buildNumber: FIRST.number }],
    // A build of the same number on another master: no request is complete with a RETRY of its last build.
    ['the RETRY of a build of the same number', { ...EVENT, results: 5 }],
  ])('does not treat %s as the end message', (_what, event) => {
    expect(facts({ ...seen(STATES.finished, ['running']), event }).reportDue).toBe(false);
  });

  it.each(['waiting', 'building', 'finishing', 'requeued', 'cancelled'] as const)(
    'has nothing to report for a request that is %s, with or without a message',
    (at) => {
      expect(facts({ ...seen(STATES[at], ['running']), event: EVENT }).reportDue).toBe(false);
    },
  );

  it('counts runs up to Taskcluster’s 50', () => {
    const runs = (count: number) => status(...Array.from({ length: count }, () => 'claim-expired'));
    expect(facts({ status: runs(49) }).runsLeft).toBe(true);
    expect(facts({ status: runs(50) }).runsLeft).toBe(false);
  });

  it('believes an absence after the grace period', () => {
    const missing = { row: row({ missingSince: NOW }) };
    expect(facts(missing, NOW + SETTINGS.missingGrace - 1).missingSettled).toBe(false);
    expect(facts(missing, NOW + SETTINGS.missingGrace).missingSettled).toBe(true);
    expect(facts({ row: row() }, NOW + 1e6).missingSettled).toBe(false);
    expect(facts({}, NOW).missingSettled).toBe(false);
  });
});
