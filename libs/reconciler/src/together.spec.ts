import { Logger } from '@nestjs/common';
import { Refused, Unavailable } from '@bbb/rules';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFINITION, TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
beforeEach(() => {
  world = new World();
});

describe('several instances on one task', () => {
  /** Runs the work with the calls of all instances in an order that the scheduler chooses. */
  async function interleaved(
    scheduler: fc.Scheduler,
    makeWorld: () => Promise<World>,
    work: (world: World) => Promise<unknown>[],
  ): Promise<World> {
    const shared = await makeWorld();
    shared.effects.pause = () => scheduler.schedule(Promise.resolve());
    const all = Promise.allSettled(work(shared));
    await scheduler.waitFor(all);
    shared.effects.pause = () => Promise.resolve();
    for (const outcome of await all) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Unavailable);
    }
    return shared;
  }

  const twice = (shared: World): Promise<unknown>[] =>
    [shared.bridge, shared.anotherBridge()].map((bridge) => bridge.reconcile(TASK));

  it('make one request for it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const shared = await interleaved(scheduler, async () => new World(), twice);
        expect(shared.buildbot.requests.size).toBe(1);
        expect(shared.row).toMatchObject({ runId: 0, buildRequestId: shared.request.buildRequestId });
      }),
      { numRuns: 200 },
    );
  });

  it('leave no request behind when it is cancelled meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const shared = await interleaved(
          scheduler,
          async () => new World(),
          (world) => [
            ...twice(world),
            scheduler.schedule(Promise.resolve()).then(() => {
              world.task.cancel(world.clock.now());
              return world.anotherBridge().reconcile(TASK);
            }),
          ],
        );
        await shared.settle();
        expect(shared.buildbot.openOf(TASK)).toEqual([]);
        expect(shared.row).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('never have two live requests while it is cancelled and rerun', async () => {
    const cancelAndRerun = (world: World) => {
      world.task.cancel(world.clock.now());
      world.clock.advance(1);
      world.task.rerun(world.clock.now());
      return world.anotherBridge().reconcile(TASK);
    };
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const shared = await interleaved(
          scheduler,
          async () => new World(),
          (world) => [
            ...twice(world),
            scheduler.schedule(Promise.resolve()).then(() => cancelAndRerun(world)),
          ],
        );
        await shared.settle();
        expect(shared.buildbot.doubles).toEqual([]);
        expect(shared.buildbot.openOf(TASK)).toHaveLength(1);
        expect(shared.row).toMatchObject({ runId: 1, buildRequestId: shared.request.buildRequestId });
      }),
      { numRuns: 200 },
    );
  });

  it('do not take a rerun’s row for their own when they were slow', async () => {
    let held = true;
    let free: () => void = () => undefined;
    world.effects.faults = ({ name }) => {
      if (name !== 'buildbot.create' || !held) return;
      held = false;
      world.effects.pause = () => new Promise<void>((resolve) => (free = resolve));
    };
    const slow = world.reconcile();
    await new Promise(setImmediate);
    world.effects.pause = () => Promise.resolve();
    world.task.cancel(world.clock.now());
    world.clock.advance(1);
    world.task.rerun(world.clock.now());
    // What the other instance does while the slow one is held up under the lock.
    world.store.rows.set(TASK, { ...world.row!, runId: 1 });
    free();
    await slow;
    expect(world.buildbot.requests.size).toBe(1);
    expect(world.request.order.createdForRunId).toBe(1);
  });

  it('resolve it once, with the result it has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        let number = 0;
        const shared = await interleaved(
          scheduler,
          async () => {
            const built = new World();
            number = await built.building();
            built.buildbot.complete(built.request.buildRequestId, 0);
            return built;
          },
          (world) => [
            world.bridge.reconcile(TASK, { event: world.finished(number, 0) }),
            world.anotherBridge().reconcile(TASK, { event: world.started(number) }),
            world.anotherBridge().reconcile(TASK, { row: world.row, source: 'believed' }),
          ],
        );
        await shared.settle();
        expect(shared.task.story).toEqual(['completed']);
        expect(shared.row).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('end the run of a RETRY once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        let first = 0;
        const shared = await interleaved(
          scheduler,
          async () => {
            const built = new World();
            first = await built.running();
            built.buildbot.requeue(built.request.buildRequestId);
            built.buildbot.startBuild(built.request.buildRequestId);
            return built;
          },
          (world) => [
            world.bridge.reconcile(TASK, { event: world.finished(first, 5) }),
            world.anotherBridge().reconcile(TASK, { row: world.row, source: 'believed' }),
            world.anotherBridge().reconcile(TASK),
          ],
        );
        await shared.settle(3);
        expect(shared.task.story).toEqual(['worker-shutdown', 'running']);
        expect(shared.row).toMatchObject({ runId: 1, buildId: shared.request.builds[1]?.buildId });
      }),
      { numRuns: 200 },
    );
  });

  it('do one thing after the other within an instance', async () => {
    const other = 'Q4xCyr2cTwGxJ3G4yqK7Xw';
    world.queue.add({ taskId: other, definition: DEFINITION, retries: 5, deadline: 1_600_000_000 });
    let free: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (free = resolve));
    world.effects.pause = async () => {
      world.effects.pause = async () => undefined;
      await held;
    };
    const first = world.bridge.reconcile(TASK);
    const second = world.bridge.reconcile(TASK);
    await new Promise(setImmediate);
    expect(await world.bridge.reconcile(other)).toBe('create-request');
    expect(world.buildbot.openOf(TASK)).toEqual([]);
    free();
    expect(await Promise.all([first, second])).toEqual(['create-request', 'wait']);
  });
});

describe('a refusal of our credentials', () => {
  it.each([
    ['queue.status', 401],
    ['queue.claim', 403],
    ['queue.claim', 401],
  ])('by %s (%i) is passed on and changes nothing', async (name, status) => {
    const number = await world.building();
    const { row } = world;
    world.effects.faults = (call, moment) =>
      call.name === name && moment === 'before'
        ? new Refused('taskcluster', status, 'InsufficientScopes', 'no')
        : undefined;
    await expect(world.reconcile({ event: world.started(number) })).rejects.toThrow(Refused);
    expect(world.row).toEqual(row);
    expect(world.task.story).toEqual(['pending']);
    expect(world.buildbot.wishes).toEqual([]);
    world.effects.faults = () => undefined;
    await world.reconcile();
    expect(world.task.story).toEqual(['running']);
  });

  it.each<[string, () => void]>([
    ['queue.reclaim', () => world.clock.advance(700)],
    ['queue.report', () => world.buildbot.complete(world.request.buildRequestId, 0)],
    ['queue.cancel', () => world.buildbot.cancelByHand(world.request.buildRequestId)],
    ['buildbot.cancel', () => void world.task.cancel(world.clock.now())],
  ])('by %s keeps the row, and is tried no second time', async (name, happen) => {
    const number = await world.running();
    happen();
    const { row } = world;
    world.effects.clear();
    world.effects.faults = (call) =>
      call.name === name ? new Refused('outside', 403, 'InsufficientScopes', 'no') : undefined;
    await expect(world.reconcile({ event: world.finished(number, 0) })).rejects.toThrow(Refused);
    expect(world.row).toEqual(row);
    expect(world.effects.effects.filter((effect) => effect === name)).toHaveLength(1);
  });
});

describe('a refusal of an act', () => {
  it('once is a reason to look again; twice it is passed on', async () => {
    const number = await world.building();
    const conflict = new Refused('taskcluster', 409, 'RequestConflict', 'no');
    let refusals = 1;
    world.effects.faults = ({ name }, moment) =>
      name === 'queue.claim' && moment === 'before' && refusals-- > 0 ? conflict : undefined;
    await world.reconcile({ event: world.started(number) });
    expect(world.task.story).toEqual(['running']);

    world = new World();
    await world.building();
    world.effects.faults = ({ name }) => (name === 'queue.claim' ? conflict : undefined);
    await expect(world.reconcile()).rejects.toBe(conflict);
    expect(world.telemetry.counts.get('reconciles_total claim refused')).toBe(1);
  });

  it('whose effect was there all the same ends well', async () => {
    const number = await world.building();
    let isFirst = true;
    world.effects.faults = ({ name }, moment) => {
      if (name !== 'queue.claim' || moment !== 'after' || !isFirst) return undefined;
      isFirst = false;
      return new Refused('taskcluster', 409, 'RequestConflict', 'already claimed by another worker');
    };
    await world.reconcile({ event: world.started(number) });
    expect(world.task.story).toEqual(['running']);
    expect(world.row?.takenUntil).toBe(1_500_001_200);
  });
});

describe('stop', () => {
  it('leaves a task after the step under way, for the next start to go on with', async () => {
    const number = await world.building();
    world.buildbot.complete(world.request.buildRequestId, 0);
    world.effects.faults = ({ name }) => void (name === 'queue.claim' && world.bridge.stop());
    const event = world.finished(number, 0);
    await expect(world.reconcile({ event })).rejects.toThrow(Unavailable);
    expect(world.task.story).toEqual(['running']);
    expect(world.row?.takenUntil).toBe(1_500_001_200);
    await world.anotherBridge().reconcile(TASK, { event });
    expect(world.task.story).toEqual(['completed']);
  });

  it('lets nothing new begin', async () => {
    world.bridge.stop();
    await expect(world.reconcile()).rejects.toThrow(Unavailable);
    expect(world.effects.effects).toEqual([]);
  });
});
