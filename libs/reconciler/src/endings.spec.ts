import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
beforeEach(() => {
  world = new World();
});

const cancelTask = () => world.task.cancel(world.clock.now());
const rerunTask = () => world.task.rerun(world.clock.now());

describe('a task cancelled by its user', () => {
  it.each(['waiting', 'building', 'running', 'requeued'])('while its request is %s stops it', async (at) => {
    if (at === 'waiting') await world.reconcile();
    else if (at === 'building') await world.building();
    else await world.running();
    if (at === 'requeued') world.buildbot.requeue(world.request.buildRequestId);
    cancelTask();
    expect(await world.reconcile()).toBe('cancel-request');
    expect(world.row).toBeDefined();
    await world.settle();
    expect(world.request.isOpen).toBe(false);
    expect(world.task.story).toEqual(['canceled']);
    expect(world.row).toBeUndefined();
  });

  it('is asked for again until Buildbot has done it', async () => {
    await world.running();
    cancelTask();
    await world.reconcile();
    await world.reconcile();
    await world.reconcile();
    expect(world.buildbot.wishes).toHaveLength(3);
    expect(world.row).toBeDefined();
  });

  it('before its pending message came gets no request', async () => {
    cancelTask();
    expect(await world.reconcile()).toBe('ignore');
    expect(world.buildbot.requests.size).toBe(0);
  });

  it('whose build has ended nevertheless stays cancelled', async () => {
    const number = await world.running();
    cancelTask();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ row: world.row, source: 'believed', event: world.finished(number, 0) });
    expect(world.task.story).toEqual(['canceled']);
    expect(world.row).toBeUndefined();
    expect(world.buildbot.wishes).toEqual([]);
  });

  it('while its build is just ending is waited for', async () => {
    await world.running();
    world.buildbot.endBuild(world.request.buildRequestId);
    cancelTask();
    expect(await world.reconcile()).toBe('wait');
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile();
    expect(world.row).toBeUndefined();
  });

  it('while its request was being created has it cancelled', async () => {
    let asked = false;
    world.effects.faults = ({ name }, moment) => {
      if (name === 'buildbot.create' && moment === 'before' && !asked) {
        asked = true;
        cancelTask();
      }
    };
    await world.settle();
    expect(world.buildbot.openOf(TASK)).toEqual([]);
    expect(world.row).toBeUndefined();
  });
});

describe('a request cancelled in Buildbot', () => {
  it('before its build cancels the task', async () => {
    await world.reconcile();
    world.buildbot.cancelByHand(world.request.buildRequestId);
    await world.reconcile();
    expect(world.task.story).toEqual(['canceled']);
    expect(world.row).toBeUndefined();
  });

  it.each([5, 6])(
    'during its build, complete with %i, cancels the task without its end message',
    async (results) => {
      await world.running();
      world.buildbot.complete(world.request.buildRequestId, results);
      await world.reconcile();
      expect(world.task.story).toEqual(['canceled']);
      expect(world.row).toBeUndefined();
    },
  );

  it('whose task was resolved already leaves that alone', async () => {
    await world.running();
    cancelTask();
    world.buildbot.cancelByHand(world.request.buildRequestId);
    await world.reconcile();
    expect(world.task.story).toEqual(['canceled']);
    expect(world.row).toBeUndefined();
  });

  it('is not taken for the fault of a new run', async () => {
    await world.reconcile();
    world.buildbot.cancelByHand(world.request.buildRequestId);
    await world.reconcile();
    rerunTask();
    await world.reconcile();
    expect(world.task.story).toEqual(['canceled', 'pending']);
    expect(world.buildbot.openOf(TASK)).toHaveLength(1);
  });
});

describe('a deadline', () => {
  beforeEach(() => {
    world = new World({ deadlineIn: 3600 });
  });

  const toDeadline = () => world.clock.advance(1_500_003_600 - world.clock.now());

  it('lets the result through in the minute before Taskcluster acts on it', async () => {
    const number = await world.running();
    toDeadline();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ event: world.finished(number, 0) });
    expect(world.task.story).toEqual(['completed']);
  });

  it.each(['pending', 'running'])('makes no call that Taskcluster refuses in that minute: %s', async (at) => {
    await (at === 'running' ? world.running() : world.building());
    toDeadline();
    world.effects.clear();
    expect(await world.reconcile()).toBe('wait');
    expect(world.effects.effects).toEqual([]);
  });

  it('does not cancel the task for Buildbot in that minute, which Taskcluster refuses', async () => {
    await world.running();
    toDeadline();
    world.buildbot.cancelByHand(world.request.buildRequestId);
    expect(await world.reconcile()).toBe('wait');
    await world.settle(3);
    expect(world.task.story).toEqual(['deadline-exceeded']);
    expect(world.row).toBeUndefined();
  });

  it('stops the build once the task is dead of it', async () => {
    await world.running();
    await world.settle(70);
    expect(world.task.story).toEqual(['deadline-exceeded']);
    expect(world.request.isOpen).toBe(false);
    expect(world.row).toBeUndefined();
  });

  it('ends the hunt for a rerun', async () => {
    world = new World({ deadlineIn: 3600, retries: 0 });
    await world.running();
    toDeadline();
    world.buildbot.requeue(world.request.buildRequestId);
    await world.settle();
    expect(world.task.story).toEqual(['worker-shutdown']);
    expect(world.request.isOpen).toBe(false);
    expect(world.row).toBeUndefined();
  });
});

describe('a task rerun by its user', () => {
  it('after its end gets a new request', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ event: world.finished(number, 0) });
    world.clock.advance(60);
    rerunTask();
    await world.reconcile();
    expect(world.buildbot.requests.size).toBe(2);
    expect(world.request.order).toMatchObject({ createdForRunId: 1, scheduledAt: 1_500_000_060 });
    expect(world.row).toMatchObject({ runId: 1, buildRequestId: world.request.buildRequestId });
  });

  it('after its end gets one even when the row had leaked', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    world.effects.faults = ({ name }) => (name === 'store.forget' ? new TypeError('crash') : undefined);
    await expect(world.reconcile({ event: world.finished(number, 0) })).rejects.toThrow('crash');
    world.effects.faults = () => undefined;
    rerunTask();
    await world.reconcile();
    expect(world.task.story).toEqual(['completed', 'pending']);
    expect(world.row).toMatchObject({
      runId: 1,
      buildRequestId: world.request.buildRequestId,
      takenUntil: null,
    });
  });

  it.each(['waiting', 'running'])(
    'while its cancelled request is still %s gets a new one only after that is gone',
    async (at) => {
      await (at === 'waiting' ? world.reconcile() : world.running());
      const old = world.request;
      cancelTask();
      await world.reconcile();
      rerunTask();
      expect(await world.reconcile()).toBe('cancel-request');
      expect(await world.reconcile()).toBe('cancel-request');
      expect(world.buildbot.requests.size).toBe(1);
      world.buildbot.obey();
      await world.reconcile();
      expect(world.buildbot.requests.size).toBe(2);
      expect(old.isOpen).toBe(false);
      expect(world.buildbot.openOf(TASK)).toHaveLength(1);
      expect(world.buildbot.doubles).toEqual([]);
      expect(world.task.story).toEqual(['canceled', 'pending']);
    },
  );

  it('twice within one pass still has one request', async () => {
    await world.running();
    for (const _ of [1, 2]) {
      cancelTask();
      rerunTask();
      await world.reconcile();
    }
    await world.settle();
    expect(world.task.story).toEqual(['canceled', 'canceled', 'pending']);
    expect(world.buildbot.openOf(TASK)).toHaveLength(1);
    expect(world.buildbot.doubles).toEqual([]);
    expect(world.row?.runId).toBe(2);
  });

  it('after a refused payload is refused again', async () => {
    world = new World({ definition: { ...world.task.definition, payload: {} } });
    await world.reconcile();
    rerunTask();
    await world.reconcile();
    expect(world.task.story).toEqual(['malformed-payload', 'malformed-payload']);
    expect(world.row).toBeUndefined();
  });

  // The original bridge's RETRY: the run ended as malformed-payload, the task rerun, the request kept.
  it('as the original bridge did for a RETRY keeps its request', async () => {
    await world.running();
    const { buildRequestId } = world.request;
    world.buildbot.requeue(buildRequestId);
    world.task.report(0, { report: 'exception', reason: 'malformed-payload' }, world.clock.now());
    rerunTask();
    await world.reconcile();
    world.buildbot.startBuild(buildRequestId);
    await world.reconcile();
    expect(world.task.story).toEqual(['malformed-payload', 'running']);
    expect(world.buildbot.wishes).toEqual([]);
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.row).toMatchObject({ runId: 1, buildRequestId });
  });
});

describe('a side that is missing', () => {
  it('is given time to come back: the request', async () => {
    await world.running();
    const { request } = world;
    world.buildbot.vanish(request.buildRequestId);
    expect(await world.reconcile()).toBe('note-missing');
    world.clock.advance(299);
    expect(await world.reconcile()).toBe('note-missing');
    world.buildbot.requests.set(request.buildRequestId, request);
    expect(await world.reconcile()).toBe('wait');
    expect(world.row?.missingSince).toBeNull();
    expect(world.task.story).toEqual(['running']);
  });

  it('ends a running task when its request never comes back', async () => {
    await world.running();
    world.buildbot.vanish(world.request.buildRequestId);
    await world.settle(8);
    expect(world.task.story).toEqual(['internal-error']);
    expect(world.row).toBeUndefined();
  });

  it('makes a pending task order anew when its request never comes back', async () => {
    await world.reconcile();
    const { buildRequestId } = world.request;
    world.buildbot.vanish(buildRequestId);
    await world.settle(8);
    expect(world.task.story).toEqual(['pending']);
    expect(world.request.buildRequestId).not.toBe(buildRequestId);
    expect(world.row?.buildRequestId).toBe(world.request.buildRequestId);
  });

  it('stops the build of a task that never comes back', async () => {
    await world.running();
    world.queue.tasks.delete(TASK);
    expect(await world.reconcile()).toBe('note-missing');
    expect(world.buildbot.wishes).toEqual([]);
    await world.settle(8);
    expect(world.request.isOpen).toBe(false);
    expect(world.row).toBeUndefined();
  });
});

describe('a rerun after the claim was lost and the request cancelled in Buildbot', () => {
  async function lostAndCancelled(): Promise<void> {
    world = new World({ retries: 0 });
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 6);
    expect(number).toBeGreaterThan(0);
    world.clock.advance(1300);
    world.queue.tick();
    await world.reconcile();
    expect(world.row).toBeUndefined();
    expect(world.task.story).toEqual(['claim-expired']);
    rerunTask();
  }

  it('is a new order', async () => {
    await lostAndCancelled();
    await world.reconcile();
    await world.reconcile();
    expect(world.task.story).toEqual(['claim-expired', 'pending']);
    expect(world.buildbot.requests.size).toBe(2);
  });

  it('is one order, however often it is begun', async () => {
    await lostAndCancelled();
    await Promise.all([world.reconcile(), world.anotherBridge().reconcile(TASK)]);
    world.store.rows.clear();
    await world.reconcile();
    expect(world.buildbot.requests.size).toBe(2);
    expect(world.row?.buildRequestId).toBe(world.request.buildRequestId);
  });
});
