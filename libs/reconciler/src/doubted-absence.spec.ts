import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReconcilerHarness, TASK } from './testing/reconciler-harness.js';

const DOUBTED = { seen: 100, missing: 100, doubtedSince: 1, confirmedMissing: null, finishedAt: null };

let harness: ReconcilerHarness;
beforeEach(() => {
  harness = new ReconcilerHarness();
});

it.each([
  ['ends a run whose build request has long been missing', false, 'exception'],
  ['ends no such run while too many tasks are missing', true, 'running'],
])('a message %s', async (_what, isDoubted, expected) => {
  await harness.running();
  harness.removeRequest();
  await harness.reconcile();
  harness.clock.advance(harness.settings.missingGrace + 1);
  if (isDoubted) harness.passes.state = DOUBTED;
  await harness.reconcile({ event: harness.started(1) });
  expect(harness.status.runs.at(-1)?.state).toBe(expected);
});

describe('while too many tasks are missing', () => {
  const doubt = () => {
    harness.passes.state = DOUBTED;
  };
  const believeAgain = () => {
    harness.passes.state = { ...DOUBTED, doubtedSince: null };
  };

  it('a pending task gets no build request, and gets one afterwards', async () => {
    doubt();
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.row).toBeUndefined();
    believeAgain();
    await harness.reconcile();
    expect(harness.farm.requests.size).toBe(1);
  });

  it('an interrupted creation is neither continued nor given up', async () => {
    doubt();
    await harness.store.track({ taskId: TASK, runId: 0, createdDate: null });
    expect(await harness.reconcile()).toBe('wait');
    harness.cancelTask();
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.row).toMatchObject({ buildRequestId: null });
    believeAgain();
    await harness.settle();
    expect(harness.row).toBeUndefined();
    expect(harness.farm.requests.size).toBe(0);
  });

  it('a claimed run without a row is tracked and kept, although its request is not found', async () => {
    await harness.running();
    const [request] = [...harness.farm.requests];
    harness.removeRequest();
    harness.rows.clear();
    doubt();
    await harness.reconcile();
    for (let pass = 0; pass < 40; pass++) {
      harness.advance(60);
      await harness.reconcile();
    }
    expect(harness.story).toEqual(['running']);
    harness.farm.requests.set(...request!);
    believeAgain();
    await harness.settle();
    expect(harness.row).toMatchObject({ buildRequestId: request![0] });
    expect(harness.story).toEqual(['running']);
  });
});

it.each([
  ['missing', () => undefined],
  ['missing together with too many others', () => (harness.passes.state = DOUBTED)],
])('the end message of a build is retried while its task is %s', async (_what, happens) => {
  const number = await harness.running();
  harness.complete(0);
  const read = harness.queue.readStatus.bind(harness.queue);
  harness.queue.readStatus = async () => undefined;
  happens();
  const event = harness.finished(number, 0);
  await expect(harness.reconcile({ event })).rejects.toThrow(/does not know its task; will retry/);
  harness.queue.readStatus = read;
  await harness.reconcile({ event });
  expect(harness.story).toEqual(['completed']);
  expect(harness.artifacts(0).map(({ name }) => name)).toContain('public/properties.json');
});

describe('a task that has ended and whose build request is missing', () => {
  it('is forgotten when the request has been missing for the grace, and not before', async () => {
    await harness.running();
    harness.removeRequest();
    harness.cancelTask();
    await harness.reconcile();
    harness.clock.advance(harness.settings.missingGrace - 1);
    expect(await harness.reconcile()).toBe('note-missing');
    expect(harness.row).toBeDefined();
    harness.clock.advance(1);
    await harness.reconcile();
    expect(harness.row).toBeUndefined();
  });

  it('keeps its request to be stopped when the request is seen again', async () => {
    await harness.running();
    const [request] = [...harness.farm.requests];
    harness.removeRequest();
    harness.cancelTask();
    await harness.reconcile();
    harness.farm.requests.set(...request!);
    expect(await harness.reconcile()).toBe('cancel-request');
    expect(harness.row).toMatchObject({ missingSince: null });
  });
});
