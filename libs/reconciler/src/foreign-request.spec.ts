import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestSpec } from '@bbb/rules';
import { MemoryRequest } from './testing/memory-request.js';
import { TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
let stranger: MemoryRequest;

/** The scheduler database was restored, and the id of the task's request is another's now. */
function giveIdAway(changes: Partial<RequestSpec>): void {
  const { buildRequestId, order } = world.request;
  stranger = new MemoryRequest(buildRequestId, { ...order, ...changes });
  world.buildbot.requests.set(buildRequestId, stranger);
}

beforeEach(() => {
  world = new World();
});

describe.each<[string, Partial<RequestSpec>]>([
  ['another task', { taskId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ['a later run', { createdForRunId: 7 }],
])('a row whose id names the request of %s', (_what, changes) => {
  it('does not take the stranger’s result', async () => {
    await world.running();
    giveIdAway(changes);
    stranger.start();
    stranger.complete(0, world.clock.now());
    await world.settle(8);
    expect(world.task.story).toEqual(['internal-error']);
  });

  it('does not claim a run for the stranger’s build', async () => {
    await world.reconcile();
    giveIdAway(changes);
    stranger.start();
    expect(await world.reconcile()).toBe('note-missing');
    expect(world.task.story).toEqual(['pending']);
  });

  it('does not stop the stranger when its own task is cancelled', async () => {
    await world.running();
    giveIdAway(changes);
    stranger.start();
    world.task.cancel(world.clock.now());
    await world.settle(8);
    expect(world.buildbot.wishes).toEqual([]);
    expect(stranger.isOpen).toBe(true);
    expect(world.task.story).toEqual(['canceled']);
  });

  it('does not cancel its task because the stranger was cancelled', async () => {
    await world.running();
    giveIdAway(changes);
    stranger.stop(world.clock.now());
    expect(await world.reconcile()).toBe('note-missing');
    expect(world.task.story).toEqual(['running']);
  });
});

it('a request that comes back to its id is the task’s again', async () => {
  await world.running();
  const own = world.request;
  giveIdAway({ taskId: 'AAAAAAAAAAAAAAAAAAAAAA' });
  await world.reconcile();
  world.buildbot.requests.set(own.buildRequestId, own);
  expect(await world.reconcile()).toBe('wait');
  expect(world.row).toMatchObject({ taskId: TASK, missingSince: null });
});
