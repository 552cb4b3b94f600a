import { Refused, Unavailable } from '@bbb/rules';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planCampaign } from '../../../test/support/campaign.js';
import { TASK, ReconcilerHarness } from './testing/reconciler-harness.js';

let harness: ReconcilerHarness;
beforeEach(() => {
  harness = new ReconcilerHarness();
});

const { runs: numRuns, timeout } = planCampaign({ usual: 50, full: 500, each: 25 });

interface Race {
  /** Brings the harness to where the race begins. */
  prepare?: (harness: ReconcilerHarness) => Promise<unknown>;
  work: (harness: ReconcilerHarness, scheduler: fc.Scheduler) => Promise<unknown>[];
  check: (harness: ReconcilerHarness) => void | Promise<void>;
}

/** Lets work run with the calls of all instances in any order. */
async function race({ prepare, work, check }: Race): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const shared = new ReconcilerHarness();
      await prepare?.(shared);
      shared.gate.hold = () => scheduler.schedule(Promise.resolve());
      const all = Promise.allSettled(work(shared, scheduler));
      await scheduler.waitFor(all);
      shared.gate.hold = undefined;
      for (const outcome of await all) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Unavailable);
      }
      await check(shared);
    }),
    { numRuns },
  );
}

describe('several instances on one task', () => {
  const twice = (shared: ReconcilerHarness): Promise<unknown>[] =>
    [shared.reconciler, shared.anotherReconciler()].map((reconciler) => reconciler.reconcile(TASK));

  /** Two instances reconcile the task while a user does something to it, of which a third one hears. */
  const twiceWhile =
    (act: (shared: ReconcilerHarness) => void): Race['work'] =>
    (shared, scheduler) => [
      ...twice(shared),
      scheduler.schedule(Promise.resolve()).then(() => {
        act(shared);
        return shared.anotherReconciler().reconcile(TASK);
      }),
    ];

  it(
    'create one request for it',
    () =>
      race({
        work: twice,
        check: ({ farm, row, request }) => {
          expect(farm.requests.size).toBe(1);
          expect(row).toMatchObject({ runId: 0, buildRequestId: request.buildRequestId });
        },
      }),
    timeout,
  );

  it(
    'leave no request behind when it is cancelled meanwhile',
    () =>
      race({
        work: twiceWhile((shared) => shared.cancelTask()),
        check: async (shared) => {
          await shared.settle();
          expect(shared.openRequests).toEqual([]);
          expect(shared.row).toBeUndefined();
        },
      }),
    timeout,
  );

  it(
    'never have two live requests while it is cancelled and rerun',
    () =>
      race({
        work: twiceWhile((shared) => {
          shared.cancelTask();
          shared.clock.advance(1);
          shared.rerunTask();
        }),
        check: async (shared) => {
          await shared.settle();
          expect(shared.watch.violations).toEqual([]);
          expect(shared.openRequests).toHaveLength(1);
          expect(shared.row).toMatchObject({ runId: 1, buildRequestId: shared.request.buildRequestId });
        },
      }),
    timeout,
  );

  it(
    'resolve it once, with the result it has',
    () =>
      race({
        prepare: async (shared) => {
          await shared.building();
          shared.complete(0);
        },
        work: (shared) => {
          const { number } = shared.request.builds[0]!;
          return [
            shared.reconciler.reconcile(TASK, { event: shared.finished(number, 0) }),
            shared.anotherReconciler().reconcile(TASK, { event: shared.started(number) }),
            shared.anotherReconciler().reconcile(TASK, { row: shared.row }),
          ];
        },
        check: async (shared) => {
          await shared.settle();
          expect(shared.story).toEqual(['completed']);
          expect(shared.row).toBeUndefined();
        },
      }),
    timeout,
  );

  it(
    'end the run of a RETRY once',
    () =>
      race({
        prepare: async (shared) => {
          await shared.running();
          shared.requeue();
          shared.startBuild();
        },
        work: (shared) => {
          const { number } = shared.request.builds[0]!;
          return [
            shared.reconciler.reconcile(TASK, { event: shared.finished(number, 5) }),
            shared.anotherReconciler().reconcile(TASK, { row: shared.row }),
            shared.anotherReconciler().reconcile(TASK),
          ];
        },
        check: async (shared) => {
          await shared.settle(3);
          expect(shared.story).toEqual(['worker-shutdown', 'running']);
          expect(shared.row).toMatchObject({ runId: 1, buildId: shared.request.builds[1]?.buildId });
        },
      }),
    timeout,
  );

  it('do not use the row of a rerun when they were slow', async () => {
    let free: () => void = () => undefined;
    harness.gate.hold = async ({ name }) => {
      if (name === 'find') await new Promise<void>((resolve) => (free = resolve));
    };
    const slow = harness.reconcile();
    await new Promise(setImmediate);
    harness.gate.hold = undefined;
    harness.cancelTask();
    harness.clock.advance(1);
    harness.rerunTask();
    // What the other instance does while the slow one is held up under the lock.
    harness.rows.set(TASK, { ...harness.row!, runId: 1 });
    free();
    await slow;
    expect(harness.farm.requests.size).toBe(1);
    expect(harness.request.spec.createdForRunId).toBe(1);
  });

  it('do one thing after the other within an instance', async () => {
    const other = 'Q4xCyr2cTwGxJ3G4yqK7Xw';
    harness.createTask(other);
    let free: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (free = resolve));
    harness.gate.hold = async () => {
      harness.gate.hold = async () => undefined;
      await held;
    };
    const first = harness.reconciler.reconcile(TASK);
    const second = harness.reconciler.reconcile(TASK);
    await new Promise(setImmediate);
    expect(await harness.reconciler.reconcile(other)).toBe('create-request');
    expect(harness.openRequests).toEqual([]);
    free();
    expect(await Promise.all([first, second])).toEqual(['create-request', 'wait']);
  });
});

describe('a call refused for our credentials', () => {
  it.each([
    ['status', 401],
    ['claim', 403],
    ['claim', 401],
  ])('by %s (%i) throws and changes nothing', async (name, status) => {
    const number = await harness.building();
    const { row } = harness;
    harness.failAlways(name, new Refused('taskcluster', status, 'InsufficientScopes', 'no'));
    await expect(harness.reconcile({ event: harness.started(number) })).rejects.toThrow(Refused);
    expect(harness.row).toEqual(row);
    expect(harness.story).toEqual(['pending']);
    expect(harness.cancellations).toEqual([]);
    harness.gate.failWith = undefined;
    await harness.reconcile();
    expect(harness.story).toEqual(['running']);
  });

  it.each<[string, () => void]>([
    ['reclaim', () => harness.clock.advance(700)],
    ['report-completed', () => harness.complete(0)],
    ['cancel', () => harness.cancelInBuildbot()],
    ['cancel-build', () => void harness.cancelTask()],
  ])('by %s keeps the row, and is not retried', async (name, happen) => {
    const number = await harness.running();
    happen();
    const { row } = harness;
    harness.forgetCalls();
    harness.failAlways(name, new Refused('outside', 403, 'InsufficientScopes', 'no'));
    await expect(harness.reconcile({ event: harness.finished(number, 0) })).rejects.toThrow(Refused);
    expect(harness.row).toEqual(row);
    expect(harness.effects.filter((effect) => effect === name)).toHaveLength(1);
  });
});

describe('a refused act', () => {
  it('is decided again once, and throws the second time', async () => {
    const number = await harness.building();
    const conflict = new Refused('taskcluster', 409, 'RequestConflict', 'no');
    harness.failOnce('claim', 'before', conflict);
    await harness.reconcile({ event: harness.started(number) });
    expect(harness.story).toEqual(['running']);

    harness = new ReconcilerHarness();
    await harness.building();
    harness.failAlways('claim', conflict);
    await expect(harness.reconcile()).rejects.toBe(conflict);
    expect(harness.telemetry.counts.get('reconciles_total claim refused')).toBe(1);
  });

  it('that took effect nevertheless succeeds', async () => {
    const number = await harness.building();
    const conflict = new Refused('taskcluster', 409, 'RequestConflict', 'already claimed by another worker');
    harness.failOnce('claim', 'after', conflict);
    await harness.reconcile({ event: harness.started(number) });
    expect(harness.story).toEqual(['running']);
    expect(harness.row?.takenUntil).toBe(1_500_001_200);
  });
});

describe('stop', () => {
  it('ends after the current step, and the next start continues', async () => {
    const number = await harness.building();
    harness.complete(0);
    harness.gate.failWith = ({ name }) => void (name === 'claim' && harness.reconciler.stop());
    const event = harness.finished(number, 0);
    await expect(harness.reconcile({ event })).rejects.toThrow(Unavailable);
    expect(harness.story).toEqual(['running']);
    expect(harness.row?.takenUntil).toBe(1_500_001_200);
    await harness.anotherReconciler().reconcile(TASK, { event });
    expect(harness.story).toEqual(['completed']);
  });

  it('starts nothing new', async () => {
    harness.reconciler.stop();
    await expect(harness.reconcile()).rejects.toThrow(Unavailable);
    expect(harness.effects).toEqual([]);
  });
});
