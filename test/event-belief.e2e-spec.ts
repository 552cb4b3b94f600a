import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Unavailable } from '@bbb/rules';
import { TASK, World } from '../libs/reconciler/src/testing/world.js';
import { Listeners } from './fuzz/heard.js';

Logger.overrideLogger(false);

const BRID = 100;
const OTHER_TASK = 'aG7wTj2bQhS5x0d3Jm1RkA';

interface Told {
  number: number;
  results?: number;
  ids?: unknown;
  taskId?: string;
  source?: string;
}

function bytes(content: object): Buffer {
  return Buffer.from(JSON.stringify(content));
}

function uploaded({ number, results = 0, ids = [BRID], taskId = TASK, source = 'postrun.py' }: Told): Buffer {
  const properties = [
    ['taskId', taskId, 'bbb'],
    ['request_ids', ids, source],
  ];
  return bytes({ payload: { build: { number, results, properties } } });
}

function started({ number, ids = [BRID], taskId = TASK }: Told): Buffer {
  return bytes({ payload: { build: { number, properties: [['taskId', taskId, 'bbb']] }, request_ids: ids } });
}

async function hear(world: World, subscription: 'started' | 'log_uploaded', body: Buffer): Promise<string> {
  const { outcome } = await new Listeners(world).hear({ subscription, body });
  return outcome;
}

describe('a Buildbot event is believed as far as the scheduler database agrees', () => {
  it('takes the result from the database', async () => {
    const world = new World();
    const number = await world.running();
    world.buildbot.complete(BRID, 2);
    expect(await hear(world, 'log_uploaded', uploaded({ number, results: 0 }))).toBe('acked');
    expect(world.task.story).toEqual(['failed']);
  });

  it.each([
    [0, 'parked'],
    [2, 'parked'],
    [4, 'parked'],
    [5, 'acked'],
    [6, 'parked'],
  ])('ends nothing of a running build for a result of %s', async (results, outcome) => {
    const world = new World();
    const number = await world.running();
    expect(await hear(world, 'log_uploaded', uploaded({ number, results }))).toBe(outcome);
    expect(world.task.story).toEqual(['running']);
    expect(world.buildbot.wishes).toEqual([]);
  });

  it.each([0, 5])('ends nothing for the end of another build, with a result of %s', async (results) => {
    const world = new World();
    const number = await world.running();
    world.buildbot.endBuild(BRID);
    await hear(world, 'log_uploaded', uploaded({ number: number + 1, results }));
    expect(world.task.story).toEqual(['running']);
  });

  it('ends nothing that has not begun', async () => {
    const world = new World();
    await world.reconcile();
    expect(await hear(world, 'log_uploaded', uploaded({ number: 1 }))).toBe('acked');
    expect(world.task.story).toEqual(['pending']);
  });

  it('claims nothing whose build no row shows', async () => {
    const world = new World();
    await world.reconcile();
    expect(await hear(world, 'started', started({ number: 1 }))).toBe('parked');
    expect(world.task.story).toEqual(['pending']);
  });

  it('claims what a row shows, whatever number is told', async () => {
    const world = new World();
    await world.building();
    await hear(world, 'started', started({ number: 424_242 }));
    expect(world.task.story).toEqual(['running']);
    expect(world.row?.buildId).toBe(world.request.builds[0]!.buildId);
  });

  it('does nothing for the task that a property names when the request is another', async () => {
    const world = new World();
    const number = await world.running();
    world.buildbot.complete(BRID, 0);
    world.effects.clear();
    expect(await hear(world, 'log_uploaded', uploaded({ number, ids: [BRID + 1] }))).toBe('acked');
    expect(world.effects.effects).toEqual([]);
  });

  it('does the work of the request when a build step has set another task', async () => {
    const world = new World();
    const number = await world.running();
    world.buildbot.complete(BRID, 0);
    await hear(world, 'log_uploaded', uploaded({ number, taskId: OTHER_TASK }));
    expect(world.task.story).toEqual(['completed']);
    expect(world.store.rows.size).toBe(0);
  });

  it.each([
    ['of a build step', { source: 'SetProperty' }],
    ['that are none', { ids: [] }],
    ['that are text', { ids: ['100'] }],
    ['below 1', { ids: [0] }],
    ['beyond any id', { ids: [2 ** 31] }],
    ['without end', { ids: Array.from({ length: 1001 }, () => BRID) }],
    ['in a mapping', { ids: { 0: BRID, length: 1 } }],
  ])('puts aside request ids %s', async (_what, told) => {
    const world = new World();
    const number = await world.running();
    world.effects.clear();
    expect(await hear(world, 'log_uploaded', uploaded({ number, ...told }))).toBe('quarantined');
    expect(world.effects.calls).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['a path', '../..'],
    ['endless text', 'x'.repeat(5000)],
    ['U+0000', 'f3DnVpRsTLWrQ2Q2Q2Q2Q\0'],
    ['text beyond ASCII', 'é'.repeat(22)],
  ])('takes %s for no task', async (_what, taskId) => {
    const world = new World();
    const number = await world.running();
    world.effects.clear();
    expect(await hear(world, 'log_uploaded', uploaded({ number, taskId }))).toBe('acked');
    expect(await hear(world, 'started', started({ number, taskId }))).toBe('acked');
    expect(world.effects.calls).toEqual([]);
  });
});

describe('a message cannot lend itself values', () => {
  it('by a key named __proto__', async () => {
    const world = new World();
    await world.running();
    world.effects.clear();
    const inherited =
      `{"payload":{"__proto__":{"request_ids":[${BRID}]},"build":{"__proto__":{"results":5},"number":1,` +
      `"properties":[["taskId","${OTHER_TASK}","bbb"]]}}}`;
    expect(await hear(world, 'started', Buffer.from(inherited))).toBe('acked');
    expect(world.effects.calls.map(({ name }) => name)).toEqual(['store.byBuildRequestIds', 'store.get']);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a builder list that never loaded', () => {
  it('parks the message, and puts nothing into Buildbot', async () => {
    const world = new World();
    world.effects.faults = ({ name }) =>
      name === 'buildbot.knows' ? new Unavailable('builder-list', 'never loaded') : undefined;
    const status = { taskId: TASK, runs: [{ runId: 0, state: 'pending' }] };
    const { outcome } = await new Listeners(world).hear({
      subscription: 'task-pending',
      body: bytes({ status, runId: 0 }),
    });
    expect(outcome).toBe('parked');
    expect(world.effects.effects).toEqual([]);
  });
});
