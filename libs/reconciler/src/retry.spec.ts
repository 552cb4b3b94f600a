import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
let first: number;
let buildRequestId: number;

beforeEach(async () => {
  world = new World();
  first = await world.running();
  ({ buildRequestId } = world.request);
});

describe('a build that ends in RETRY', () => {
  it('ends the run as worker-shutdown, and the next run follows the same request', async () => {
    world.buildbot.requeue(buildRequestId);
    expect(await world.reconcile({ event: world.finished(first, 5) })).toBe('wait');
    expect(world.task.story).toEqual(['worker-shutdown', 'pending']);
    expect(world.row).toMatchObject({ runId: 1, buildRequestId, buildId: null, takenUntil: null });
    expect(world.buildbot.requests.size).toBe(1);
  });

  it('is believed when the database shows it, and needs no telling again', async () => {
    world.buildbot.endBuild(buildRequestId);
    expect(await world.reconcile({ event: world.finished(first, 5) })).toBe('wait');
    expect(world.task.story).toEqual(['running']);
    world.request.giveBack();
    expect(await world.reconcile()).toBe('wait');
    expect(world.task.story).toEqual(['worker-shutdown', 'pending']);
  });

  it('gives the next build to the next run, which is resolved by it', async () => {
    world.buildbot.requeue(buildRequestId);
    await world.reconcile({ event: world.finished(first, 5) });
    const second = world.buildbot.startBuild(buildRequestId);
    await world.reconcile({ event: world.started(second) });
    expect(world.task.story).toEqual(['worker-shutdown', 'running']);
    world.buildbot.complete(buildRequestId, 0);
    await world.reconcile({ event: world.finished(second, 0) });
    expect(world.task.story).toEqual(['worker-shutdown', 'completed']);
    expect(world.row).toBeUndefined();
  });

  it('may be told of after the next build has started', async () => {
    world.buildbot.requeue(buildRequestId);
    const second = world.buildbot.startBuild(buildRequestId);
    await world.reconcile({ row: world.row, source: 'believed', event: world.started(second) });
    expect(world.task.story).toEqual(['worker-shutdown', 'running']);
    expect(world.row).toMatchObject({ runId: 1, buildId: world.request.builds[1]?.buildId });
    world.effects.clear();
    await world.reconcile({ row: world.row, source: 'believed', event: world.finished(first, 5) });
    expect(world.effects.effects).toEqual([]);
    expect(world.task.story).toEqual(['worker-shutdown', 'running']);
  });

  it.each(['waits', 'runs', 'has ended'])(
    'told of late or twice touches nothing: the next build %s',
    async (next) => {
      const event = world.finished(first, 5);
      world.buildbot.requeue(buildRequestId);
      await world.reconcile({ event });
      if (next !== 'waits') {
        const second = world.buildbot.startBuild(buildRequestId);
        await world.reconcile({ event: world.started(second) });
        if (next === 'has ended') world.buildbot.complete(buildRequestId, 0);
      }
      const { story } = world.task;
      world.effects.clear();
      await world.reconcile({ event });
      await world.reconcile({ row: world.row, source: 'believed', event });
      expect(world.task.story).toEqual(story);
      expect(world.effects.effects).toEqual([]);
    },
  );

  it('is told of once, though the run was seen after another instance had done so and the build before', async () => {
    const { queue } = world;
    const status = queue.status.bind(queue);
    queue.status = async (taskId) => {
      queue.status = status;
      await turn();
      // The other one ends the run and is killed before it writes that down.
      world.buildbot.requeue(buildRequestId);
      world.buildbot.startBuild(buildRequestId);
      await queue.report({ taskId, runId: 0 }, { report: 'exception', reason: 'worker-shutdown' });
      return status(taskId);
    };
    await world.reconcile();
    expect(world.task.story).toEqual(['worker-shutdown', 'running']);
    expect(world.row).toMatchObject({ runId: 1, buildId: world.request.builds[1]?.buildId });
  });

  it('reruns the task when no retries are left', async () => {
    world = new World({ retries: 0 });
    first = await world.running();
    ({ buildRequestId } = world.request);
    world.buildbot.requeue(buildRequestId);
    await world.reconcile({ event: world.finished(first, 5) });
    expect(world.task.story).toEqual(['worker-shutdown', 'pending']);
    expect(world.task.runs[1]?.reasonCreated).toBe('rerun');
    world.buildbot.startBuild(buildRequestId);
    world.buildbot.complete(buildRequestId, 0);
    await world.settle();
    expect(world.task.story).toEqual(['worker-shutdown', 'completed']);
    expect(world.buildbot.requests.size).toBe(1);
  });

  it('may do so again and again', async () => {
    for (let round = 0; round < 8; round++) {
      world.buildbot.requeue(buildRequestId);
      await world.reconcile();
      world.buildbot.startBuild(buildRequestId);
      await world.reconcile();
    }
    world.buildbot.complete(buildRequestId, 0);
    await world.settle();
    expect(world.task.story).toEqual([...Array<string>(8).fill('worker-shutdown'), 'completed']);
    expect(world.buildbot.requests.size).toBe(1);
  });

  it('and is cancelled in Buildbot before the next build cancels the task', async () => {
    world.buildbot.requeue(buildRequestId);
    await world.reconcile();
    world.buildbot.cancelByHand(buildRequestId);
    await world.reconcile();
    expect(world.task.story).toEqual(['worker-shutdown', 'canceled']);
    expect(world.row).toBeUndefined();
  });
});

describe('a claim that ran out while the bridge was away', () => {
  const away = () => {
    world.clock.advance(1300);
    world.queue.tick();
  };

  it('is followed by a claim of the next run: the build goes on', async () => {
    away();
    await world.reconcile();
    expect(world.task.story).toEqual(['claim-expired', 'running']);
    expect(world.buildbot.wishes).toEqual([]);
    expect(world.row).toMatchObject({ runId: 1, buildRequestId });
  });

  it('does not keep a reclaim from finding that out', async () => {
    const { row } = world;
    away();
    await world.reconcile({ row, source: 'believed' });
    expect(world.task.story).toEqual(['claim-expired', 'running']);
  });

  it('still gives the task its result when the build ended meanwhile', async () => {
    world.buildbot.complete(buildRequestId, 0);
    away();
    await world.reconcile({ event: world.finished(first, 0) });
    expect(world.task.story).toEqual(['claim-expired', 'completed']);
    expect(world.task.runs[1]?.artifacts.size).toBe(2);
  });

  it('still gives it when no retries were left', async () => {
    world = new World({ retries: 0 });
    await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    away();
    await world.settle();
    expect(world.task.story).toEqual(['claim-expired', 'completed']);
    expect(world.row).toBeUndefined();
  });
});
