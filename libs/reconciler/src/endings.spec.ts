import { beforeEach, describe, expect, it } from '@jest/globals';
import { TASK, ReconcilerHarness } from './testing/reconciler-harness.js';

let harness: ReconcilerHarness;
beforeEach(() => {
  harness = new ReconcilerHarness();
});

describe('a task cancelled by its user', () => {
  it.each(['waiting', 'building', 'running', 'requeued'])('while its request is %s stops it', async (at) => {
    if (at === 'waiting') await harness.reconcile();
    else if (at === 'building') await harness.building();
    else await harness.running();
    if (at === 'requeued') harness.requeue();
    harness.cancelTask();
    expect(await harness.reconcile()).toBe('cancel-request');
    expect(harness.row).toBeDefined();
    await harness.settle();
    expect(harness.request.complete).toBe(true);
    expect(harness.story).toEqual(['canceled']);
    expect(harness.row).toBeUndefined();
  });

  it('is cancelled repeatedly until Buildbot has done it', async () => {
    await harness.running();
    harness.cancelTask();
    await harness.reconcile();
    await harness.reconcile();
    await harness.reconcile();
    expect(harness.cancellations).toHaveLength(3);
    expect(harness.row).toBeDefined();
  });

  it('before its pending message came gets no request', async () => {
    harness.cancelTask();
    expect(await harness.reconcile()).toBe('ignore');
    expect(harness.farm.requests.size).toBe(0);
  });

  it('whose build has ended nevertheless stays cancelled', async () => {
    const number = await harness.running();
    harness.cancelTask();
    harness.complete(0);
    await harness.reconcile({ row: harness.row, event: harness.finished(number, 0) });
    expect(harness.story).toEqual(['canceled']);
    expect(harness.row).toBeUndefined();
    expect(harness.cancellations).toEqual([]);
  });

  it('while its build is just ending is waited for', async () => {
    await harness.running();
    harness.endBuild();
    harness.cancelTask();
    expect(await harness.reconcile()).toBe('wait');
    harness.complete(0);
    await harness.reconcile();
    expect(harness.row).toBeUndefined();
  });

  it('while its request was being created has it cancelled', async () => {
    let asked = false;
    harness.gate.failWith = ({ name }, moment) => {
      if (name === 'insert' && moment === 'before' && !asked) {
        asked = true;
        harness.cancelTask();
      }
    };
    await harness.settle();
    expect(harness.openRequests).toEqual([]);
    expect(harness.row).toBeUndefined();
  });
});

describe('a request cancelled in Buildbot', () => {
  it('before its build cancels the task', async () => {
    await harness.reconcile();
    harness.cancelInBuildbot();
    await harness.reconcile();
    expect(harness.story).toEqual(['canceled']);
    expect(harness.row).toBeUndefined();
  });

  it.each([5, 6])(
    'during its build, complete with %i, cancels the task without its end message',
    async (results) => {
      await harness.running();
      harness.endBuild(results);
      Object.assign(harness.request, { complete: true, results });
      await harness.reconcile();
      expect(harness.story).toEqual(['canceled']);
      expect(harness.row).toBeUndefined();
    },
  );

  it('whose task was resolved already leaves that alone', async () => {
    await harness.running();
    harness.cancelTask();
    harness.cancelInBuildbot();
    await harness.reconcile();
    expect(harness.story).toEqual(['canceled']);
    expect(harness.row).toBeUndefined();
  });

  it('does not cancel a new run', async () => {
    await harness.reconcile();
    harness.cancelInBuildbot();
    await harness.reconcile();
    harness.rerunTask();
    await harness.reconcile();
    expect(harness.story).toEqual(['canceled', 'pending']);
    expect(harness.openRequests).toHaveLength(1);
  });
});

describe('a deadline', () => {
  beforeEach(() => {
    harness = new ReconcilerHarness({ deadlineIn: 3600 });
  });

  const toDeadline = () => harness.clock.advance(1_500_003_600 - harness.clock.now());

  it('lets the result through in the minute before Taskcluster acts on it', async () => {
    const number = await harness.running();
    toDeadline();
    harness.complete(0);
    await harness.reconcile({ event: harness.finished(number, 0) });
    expect(harness.story).toEqual(['completed']);
  });

  it.each(['pending', 'running'])('makes no call that Taskcluster refuses in that minute: %s', async (at) => {
    await (at === 'running' ? harness.running() : harness.building());
    toDeadline();
    harness.forgetCalls();
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.effects).toEqual([]);
  });

  it('does not cancel the task for Buildbot in that minute, which Taskcluster refuses', async () => {
    await harness.running();
    toDeadline();
    harness.cancelInBuildbot();
    expect(await harness.reconcile()).toBe('wait');
    await harness.settle(3);
    expect(harness.story).toEqual(['deadline-exceeded']);
    expect(harness.row).toBeUndefined();
  });

  it('stops the build once the task has ended', async () => {
    await harness.running();
    await harness.settle(70);
    expect(harness.story).toEqual(['deadline-exceeded']);
    expect(harness.request.complete).toBe(true);
    expect(harness.row).toBeUndefined();
  });

  it('ends the attempts to rerun the task', async () => {
    harness = new ReconcilerHarness({ deadlineIn: 3600, retries: 0 });
    await harness.running();
    toDeadline();
    harness.requeue();
    await harness.settle();
    expect(harness.story).toEqual(['worker-shutdown']);
    expect(harness.request.complete).toBe(true);
    expect(harness.row).toBeUndefined();
  });
});

describe('a task rerun by its user', () => {
  it('after its end gets a new request', async () => {
    const number = await harness.running();
    harness.complete(0);
    await harness.reconcile({ event: harness.finished(number, 0) });
    harness.clock.advance(60);
    harness.rerunTask();
    await harness.reconcile();
    expect(harness.farm.requests.size).toBe(2);
    expect(harness.request.spec).toMatchObject({ createdForRunId: 1, scheduledAt: 1_500_000_060 });
    expect(harness.row).toMatchObject({ runId: 1, buildRequestId: harness.request.buildRequestId });
  });

  it('after its end gets one even when its row was left over', async () => {
    const number = await harness.running();
    harness.complete(0);
    harness.failOnce('forget', 'before');
    await expect(harness.reconcile({ event: harness.finished(number, 0) })).rejects.toThrow('crash');
    harness.rerunTask();
    await harness.reconcile();
    expect(harness.story).toEqual(['completed', 'pending']);
    expect(harness.row).toMatchObject({
      runId: 1,
      buildRequestId: harness.request.buildRequestId,
      takenUntil: null,
    });
  });

  it.each(['waiting', 'running'])(
    'while its cancelled request is still %s gets a new one only after that is gone',
    async (at) => {
      await (at === 'waiting' ? harness.reconcile() : harness.running());
      const old = harness.request;
      harness.cancelTask();
      await harness.reconcile();
      harness.rerunTask();
      expect(await harness.reconcile()).toBe('cancel-request');
      expect(await harness.reconcile()).toBe('cancel-request');
      expect(harness.farm.requests.size).toBe(1);
      harness.performCancellations();
      await harness.reconcile();
      expect(harness.farm.requests.size).toBe(2);
      expect(old.complete).toBe(true);
      expect(harness.openRequests).toHaveLength(1);
      expect(harness.watch.violations).toEqual([]);
      expect(harness.story).toEqual(['canceled', 'pending']);
    },
  );

  it('twice within one pass still has one request', async () => {
    await harness.running();
    for (const _ of [1, 2]) {
      harness.cancelTask();
      harness.rerunTask();
      await harness.reconcile();
    }
    await harness.settle();
    expect(harness.story).toEqual(['canceled', 'canceled', 'pending']);
    expect(harness.openRequests).toHaveLength(1);
    expect(harness.watch.violations).toEqual([]);
    expect(harness.row?.runId).toBe(2);
  });

  it('after a rejected payload is rejected again', async () => {
    harness = new ReconcilerHarness({ payload: {} });
    await harness.reconcile();
    harness.rerunTask();
    await harness.reconcile();
    expect(harness.story).toEqual(['malformed-payload', 'malformed-payload']);
    expect(harness.row).toBeUndefined();
  });

  // The original bridge's RETRY: the run ended as malformed-payload, the task rerun, the request kept.
  it('as the original bridge did for a RETRY keeps its request', async () => {
    await harness.running();
    const { buildRequestId } = harness.request;
    harness.requeue();
    harness.taskcluster.reportException(TASK, 0, 'malformed-payload');
    harness.rerunTask();
    await harness.reconcile();
    harness.startBuild();
    await harness.reconcile();
    expect(harness.story).toEqual(['malformed-payload', 'running']);
    expect(harness.cancellations).toEqual([]);
    expect(harness.farm.requests.size).toBe(1);
    expect(harness.row).toMatchObject({ runId: 1, buildRequestId });
  });
});

describe('a side that is missing', () => {
  it('is given time to come back: the request', async () => {
    await harness.running();
    const { request } = harness;
    harness.removeRequest();
    expect(await harness.reconcile()).toBe('note-missing');
    harness.clock.advance(299);
    expect(await harness.reconcile()).toBe('note-missing');
    harness.farm.requests.set(request.buildRequestId, request);
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.row?.missingSince).toBeNull();
    expect(harness.story).toEqual(['running']);
  });

  it('ends a running task when its request never comes back', async () => {
    await harness.running();
    harness.removeRequest();
    await harness.settle(8);
    expect(harness.story).toEqual(['internal-error']);
    expect(harness.row).toBeUndefined();
  });

  it('creates the request of a pending task again when it never comes back', async () => {
    await harness.reconcile();
    const { buildRequestId } = harness.request;
    harness.removeRequest();
    await harness.settle(8);
    expect(harness.story).toEqual(['pending']);
    expect(harness.request.buildRequestId).not.toBe(buildRequestId);
    expect(harness.row?.buildRequestId).toBe(harness.request.buildRequestId);
  });

  it('stops the build of a task that never comes back', async () => {
    await harness.running();
    Object.assign(harness.queue, { readStatus: () => Promise.resolve(undefined) });
    expect(await harness.reconcile()).toBe('note-missing');
    expect(harness.cancellations).toEqual([]);
    await harness.settle(8);
    expect(harness.request.complete).toBe(true);
    expect(harness.row).toBeUndefined();
  });
});

describe('a rerun after the claim was lost and the request cancelled in Buildbot', () => {
  async function loseAndCancel(): Promise<void> {
    harness = new ReconcilerHarness({ retries: 0 });
    const number = await harness.running();
    harness.complete(6);
    expect(number).toBeGreaterThan(0);
    harness.clock.advance(1300);
    harness.taskcluster.tick();
    await harness.reconcile();
    expect(harness.row).toBeUndefined();
    expect(harness.story).toEqual(['claim-expired']);
    harness.rerunTask();
  }

  it('creates a new request', async () => {
    await loseAndCancel();
    await harness.reconcile();
    await harness.reconcile();
    expect(harness.story).toEqual(['claim-expired', 'pending']);
    expect(harness.farm.requests.size).toBe(2);
  });

  it('creates one request, however often it is begun', async () => {
    await loseAndCancel();
    await Promise.all([harness.reconcile(), harness.anotherReconciler().reconcile(TASK)]);
    harness.rows.clear();
    await harness.reconcile();
    expect(harness.farm.requests.size).toBe(2);
    expect(harness.row?.buildRequestId).toBe(harness.request.buildRequestId);
  });
});
