import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
beforeEach(() => {
  world = new World();
});

/** Fails one effect once, the first time it is tried. */
function failOnce(name: string, at: 'before' | 'after'): void {
  let isDone = false;
  world.effects.faults = (call, moment) => {
    if (isDone || call.name !== name || moment !== at) return undefined;
    isDone = true;
    return new TypeError('crash');
  };
}

function passOfTime(seconds: number): void {
  world.clock.advance(seconds);
  world.queue.tick();
}

describe('what used to go wrong', () => {
  it('1: a crash between the row and the request; the message comes again', async () => {
    failOnce('buildbot.create', 'before');
    await expect(world.reconcile()).rejects.toThrow('crash');
    expect(world.row).toMatchObject({ buildRequestId: null });
    await world.reconcile();
    expect(world.buildbot.openOf(TASK)).toHaveLength(1);
    expect(world.row?.buildRequestId).toBe(world.request.buildRequestId);
  });

  it('1b: a crash between the request and the record of its id', async () => {
    failOnce('buildbot.create', 'after');
    await expect(world.reconcile()).rejects.toThrow('crash');
    const { buildRequestId } = world.request;
    world.buildbot.startBuild(buildRequestId);
    await world.reconcile();
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.row?.buildRequestId).toBe(buildRequestId);
    expect(world.task.story).toEqual(['running']);
  });

  it('1c: as 1b, and the task is cancelled before anybody looks again', async () => {
    failOnce('buildbot.create', 'after');
    await expect(world.reconcile()).rejects.toThrow('crash');
    world.task.cancel(world.clock.now());
    await world.settle();
    expect(world.buildbot.openOf(TASK)).toEqual([]);
    expect(world.row).toBeUndefined();
  });

  it('2: the exception message of a cancelled task comes before its pending message', async () => {
    world.task.cancel(world.clock.now());
    await world.reconcile();
    await world.reconcile();
    expect(world.buildbot.requests.size).toBe(0);
    expect(world.row).toBeUndefined();
  });

  it('3: a duplicate pending message after the build has finished', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ event: world.finished(number, 0) });
    await world.reconcile();
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.row).toBeUndefined();
  });

  it('4: a crash between the claim and the record of it', async () => {
    const number = await world.building();
    failOnce('queue.claim', 'after');
    await expect(world.reconcile({ event: world.started(number) })).rejects.toThrow('crash');
    expect(world.row?.takenUntil).toBeNull();
    await world.settle(40);
    expect(world.task.story).toEqual(['running']);
    expect(world.row?.takenUntil).toBeGreaterThan(world.clock.now());
  });

  it('5: the reflector is away for more than the claim; the next run’s pending message comes', async () => {
    await world.running();
    passOfTime(1500);
    expect(world.task.story).toEqual(['claim-expired', 'pending']);
    await world.reconcile({ row: world.row, source: 'believed' });
    await world.reconcile();
    expect(world.task.story).toEqual(['claim-expired', 'running']);
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.buildbot.wishes).toEqual([]);
  });

  it('6: a RETRY whose next build does not start for long', async () => {
    const number = await world.running();
    world.buildbot.requeue(world.request.buildRequestId);
    await world.reconcile({ event: world.finished(number, 5) });
    await world.settle(60);
    expect(world.task.story).toEqual(['worker-shutdown', 'pending']);
    expect(world.row).toMatchObject({ runId: 1, takenUntil: null });
    world.buildbot.startBuild(world.request.buildRequestId);
    await world.reconcile();
    expect(world.task.story).toEqual(['worker-shutdown', 'running']);
  });

  it('7: the end message of the build is lost', async () => {
    await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.settle(12);
    expect(world.task.story).toEqual(['completed']);
    expect(world.row).toBeUndefined();
  });

  it('8: Taskcluster is away when the result is reported', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    failOnce('queue.report', 'before');
    const event = world.finished(number, 0);
    await expect(world.reconcile({ event })).rejects.toThrow('crash');
    await world.reconcile({ event });
    expect(world.task.story).toEqual(['completed']);
    expect(world.task.runs[0]?.artifacts.size).toBe(2);
  });

  it('8b: Taskcluster takes the report, and its reply is lost', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    failOnce('queue.report', 'after');
    const event = world.finished(number, 0);
    await expect(world.reconcile({ event })).rejects.toThrow('crash');
    await world.reconcile({ event });
    expect(world.task.story).toEqual(['completed']);
    expect(world.row).toBeUndefined();
  });

  it('9: the pending message is lost; the poll finds the task', async () => {
    for await (const { taskId, definition } of world.queue.listPending()) {
      await world.bridge.reconcile(taskId, { definition });
    }
    expect(world.buildbot.openOf(TASK)).toHaveLength(1);
  });

  it.each(['running', 'finished'])('the bridge’s database is lost while the build is %s', async (at) => {
    const number = await world.running();
    const { buildRequestId } = world.request;
    if (at === 'finished') world.buildbot.complete(buildRequestId, 0);
    world.store.rows.clear();
    await world.reconcile({ event: world.finished(number, 0) }).catch(() => undefined);
    if (at === 'running') {
      expect(world.row).toMatchObject({ buildRequestId, takenUntil: 1_500_001_200 });
      world.buildbot.complete(buildRequestId, 0);
    }
    await world.settle();
    expect(world.task.story).toEqual(['completed']);
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.row).toBeUndefined();
  });

  it('the bridge’s database is lost before the build: the order finds its request again', async () => {
    await world.reconcile();
    world.store.rows.clear();
    await world.reconcile();
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.row?.buildRequestId).toBe(world.request.buildRequestId);
  });

  it('a poll that is behind takes no request for vanished that was made meanwhile', async () => {
    const status = world.task.status();
    await world.reconcile();
    const given = { status, source: 'batched', definition: world.task.definition } as const;
    expect(await world.reconcile(given)).toBe('wait');
    expect(world.row?.missingSince).toBeNull();
  });

  it('a walk that is behind does nothing with a row that has moved on', async () => {
    await world.reconcile();
    const { row, request } = world;
    const given = {
      row,
      status: world.task.status(),
      request: request.snapshot(),
      source: 'batched',
    } as const;
    world.buildbot.startBuild(request.buildRequestId);
    await world.reconcile();
    const claimed = world.row;
    await world.reconcile(given);
    expect(world.row).toEqual(claimed);
    expect(world.task.story).toEqual(['running']);
  });

  it('a walk that is behind takes no row for forgotten that has moved on', async () => {
    await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    const { row, request } = world;
    world.task.report(0, { report: 'completed' }, world.clock.now());
    const given = {
      row,
      status: world.task.status(),
      request: request.snapshot(),
      source: 'batched',
    } as const;
    world.clock.advance(1);
    world.task.rerun(world.clock.now());
    await world.reconcile();
    expect(await world.reconcile(given)).toBe('wait');
    expect(world.row).toMatchObject({ runId: 1, buildRequestId: world.request.buildRequestId });
  });

  it('Buildbot cannot be asked: claims are kept, and nothing else is concluded', async () => {
    await world.running();
    for (let pass = 0; pass < 40; pass++) {
      passOfTime(60);
      const given = {
        row: world.row,
        status: world.task.status(),
        source: 'batched',
        buildbotUnavailable: true,
      } as const;
      expect(['wait', 'reclaim']).toContain(await world.reconcile(given));
    }
    expect(world.task.story).toEqual(['running']);
    expect(world.row?.missingSince).toBeNull();
    expect(world.buildbot.wishes).toEqual([]);
  });

  it.each(['cancel-task', 'rerun'])(
    'a walk never does on old news what cannot be undone: %s',
    async (act) => {
      world = new World({ retries: 0 });
      await world.running();
      const { row, request } = world;
      if (act === 'rerun') passOfTime(1300);
      else world.buildbot.cancelByHand(request.buildRequestId);
      world.effects.clear();
      const given = {
        row,
        status: world.task.status(),
        request: request.snapshot(),
        source: 'batched',
      } as const;
      await world.reconcile(given);
      const names = world.effects.calls.map(({ name }) => name);
      const effect = act === 'rerun' ? 'queue.rerun' : 'queue.cancel';
      expect(names.indexOf('queue.status')).toBeGreaterThanOrEqual(0);
      expect(names.indexOf('queue.status')).toBeLessThan(names.indexOf(effect));
    },
  );
});
