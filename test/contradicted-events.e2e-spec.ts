import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '@bbb/rules';
import { TASK, ReconcilerHarness } from '../libs/reconciler/src/testing/reconciler-harness.js';
import { Listeners } from './fuzz/listeners.js';

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

async function hear(
  harness: ReconcilerHarness,
  subscription: 'started' | 'log_uploaded',
  body: Buffer,
): Promise<string> {
  const { outcome } = await new Listeners(harness).hear({ subscription, body });
  return outcome;
}

describe('a Buildbot event is believed as far as the scheduler database agrees', () => {
  it('takes the result from the database', async () => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.complete(2);
    expect(await hear(harness, 'log_uploaded', uploaded({ number, results: 0 }))).toBe('acked');
    expect(harness.story).toEqual(['failed']);
  });

  it.each([
    [0, 'parked'],
    [2, 'parked'],
    [4, 'parked'],
    [5, 'acked'],
    [6, 'parked'],
  ])('ends nothing of a running build for a result of %s', async (results, outcome) => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    expect(await hear(harness, 'log_uploaded', uploaded({ number, results }))).toBe(outcome);
    expect(harness.story).toEqual(['running']);
    expect(harness.cancellations).toEqual([]);
  });

  it.each([0, 5])('ends nothing for the end of another build, with a result of %s', async (results) => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.endBuild();
    await hear(harness, 'log_uploaded', uploaded({ number: number + 1, results }));
    expect(harness.story).toEqual(['running']);
  });

  it('ends nothing that has not begun', async () => {
    const harness = new ReconcilerHarness();
    await harness.reconcile();
    expect(await hear(harness, 'log_uploaded', uploaded({ number: 1 }))).toBe('acked');
    expect(harness.story).toEqual(['pending']);
  });

  it('claims nothing whose build no row shows', async () => {
    const harness = new ReconcilerHarness();
    await harness.reconcile();
    expect(await hear(harness, 'started', started({ number: 1 }))).toBe('parked');
    expect(harness.story).toEqual(['pending']);
  });

  it('claims what a row shows, whatever number is told', async () => {
    const harness = new ReconcilerHarness();
    await harness.building();
    await hear(harness, 'started', started({ number: 424_242 }));
    expect(harness.story).toEqual(['running']);
    expect(harness.row?.buildId).toBe(harness.request.builds[0]!.buildId);
  });

  it('does nothing for the task that a property names when the request is another', async () => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.complete(0);
    harness.forgetCalls();
    expect(await hear(harness, 'log_uploaded', uploaded({ number, ids: [BRID + 1] }))).toBe('acked');
    expect(harness.effects).toEqual([]);
  });

  it('does the work of the request when a build step has set another task', async () => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.complete(0);
    await hear(harness, 'log_uploaded', uploaded({ number, taskId: OTHER_TASK }));
    expect(harness.story).toEqual(['completed']);
    expect(harness.rows.size).toBe(0);
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
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.forgetCalls();
    expect(await hear(harness, 'log_uploaded', uploaded({ number, ...told }))).toBe('quarantined');
    expect(harness.gate.calls).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['a path', '../..'],
    ['endless text', 'x'.repeat(5000)],
    ['U+0000', 'f3DnVpRsTLWrQ2Q2Q2Q2Q\0'],
    ['text beyond ASCII', 'é'.repeat(22)],
  ])('takes %s for no task', async (_what, taskId) => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.forgetCalls();
    expect(await hear(harness, 'log_uploaded', uploaded({ number, taskId }))).toBe('acked');
    expect(await hear(harness, 'started', started({ number, taskId }))).toBe('acked');
    expect(harness.gate.calls).toEqual([]);
  });
});

describe('a message cannot lend itself values', () => {
  it('by a key named __proto__', async () => {
    const harness = new ReconcilerHarness();
    await harness.running();
    harness.forgetCalls();
    const inherited =
      `{"payload":{"__proto__":{"request_ids":[${BRID}]},"build":{"__proto__":{"results":5},"number":1,` +
      `"properties":[["taskId","${OTHER_TASK}","bbb"]]}}}`;
    expect(await hear(harness, 'started', Buffer.from(inherited))).toBe('acked');
    expect(harness.gate.calls.map(({ name }) => name)).toEqual(['findByBuildRequestIds', 'get']);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a builder list that never loaded', () => {
  it('parks the message, and puts nothing into Buildbot', async () => {
    const harness = new ReconcilerHarness();
    Object.assign(harness.buildbot, {
      knows: () => Promise.reject(new Unavailable('builder-list', 'never loaded')),
    });
    const status = { taskId: TASK, runs: [{ runId: 0, state: 'pending' }] };
    const { outcome } = await new Listeners(harness).hear({
      subscription: 'task-pending',
      body: bytes({ status, runId: 0 }),
    });
    expect(outcome).toBe('parked');
    expect(harness.effects).toEqual([]);
  });
});
