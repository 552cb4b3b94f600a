import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
beforeEach(() => {
  world = new World();
});

describe('a build request that Buildbot dropped', () => {
  it('is created again for a pending run, at once and once', async () => {
    await world.reconcile();
    const dropped = world.request;
    dropped.drop();
    await world.reconcile();
    await world.reconcile();
    expect(world.request.buildRequestId).not.toBe(dropped.buildRequestId);
    expect(world.buildbot.requests.size).toBe(2);
    expect(world.row?.buildRequestId).toBe(world.request.buildRequestId);
    expect(world.task.story).toEqual(['pending']);
  });

  it('ends a running run for a retry, and the next run has a request of its own', async () => {
    await world.running();
    const dropped = world.request;
    dropped.drop();
    await world.reconcile();
    await world.reconcile();
    expect(world.task.story).toEqual(['worker-shutdown', 'pending']);
    expect(world.request.buildRequestId).not.toBe(dropped.buildRequestId);
    expect(world.buildbot.doubles).toEqual([]);
  });

  it('is forgotten with a dead task', async () => {
    await world.running();
    world.request.drop();
    world.task.cancel(world.clock.now());
    await world.reconcile();
    expect(world.row).toBeUndefined();
    expect(world.task.story).toEqual(['canceled']);
    expect(world.buildbot.requests.size).toBe(1);
  });
});

describe('a build request that its master has lost', () => {
  it('is waited for during the grace, then its run ends for a retry', async () => {
    await world.running();
    world.request.stick(world.clock.now());
    world.clock.advance(599);
    await world.reconcile();
    expect(world.task.story).toEqual(['running']);
    world.clock.advance(1);
    await world.reconcile();
    expect(world.task.story[0]).toBe('worker-shutdown');
    expect(world.buildbot.requests.size).toBe(1);
  });

  it('is never forgotten: its cancellation is repeated until it is done', async () => {
    await world.running();
    const { request } = world;
    request.stick(world.clock.now());
    world.task.cancel(world.clock.now());
    world.clock.advance(600);
    for (let pass = 0; pass < 5; pass++) {
      expect(await world.reconcile()).toBe('cancel-request');
      world.buildbot.obey();
      world.clock.advance(86_400);
    }
    expect(world.row).toBeDefined();
    // The master restarts, and builds the request again.
    request.giveBack();
    request.start();
    await world.settle();
    expect(request.isOpen).toBe(false);
    expect(world.row).toBeUndefined();
  });
});

describe('the outcome of a build', () => {
  const PROPERTIES = [['product', 'firefox', 'bbb']] as const;

  it('is read from Buildbot where no message tells it', async () => {
    await world.running();
    const { buildRequestId, builds } = world.request;
    world.buildbot.complete(buildRequestId, 0);
    world.buildbot.outcomes.set(builds[0]!.buildId, {
      properties: PROPERTIES,
      log: { url: 'http://logs.example.com/log.txt', contentType: 'text/plain' },
    });
    world.clock.advance(600);
    await world.reconcile();
    expect(world.task.story).toEqual(['completed']);
    expect([...world.task.runs[0]!.artifacts.keys()].sort()).toEqual([
      'public/logs/live_backing.log',
      'public/properties.json',
    ]);
  });

  it('keeps no result back when it cannot be read', async () => {
    await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    world.clock.advance(600);
    world.effects.faults = ({ name }) => (name === 'buildbot.outcome' ? new Error('no answer') : undefined);
    await world.reconcile();
    expect(world.task.story).toEqual(['completed']);
  });
});
