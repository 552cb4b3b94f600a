import { Logger } from '@nestjs/common';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Decision } from '@bbb/rules';
import { MemoryPauseStore } from '../../../test/support/doubles/memory-pause-store.js';
import { Pauses } from './pauses.js';
import { Reconciler } from './reconciler.js';
import { RULES } from './rules.js';
import { ReconcilerHarness, TASK } from './testing/reconciler-harness.js';

const ALL = { builders: '.*', reason: 'upgrade', since: 1, by: 'root@db' };

let lines: string[];
beforeEach(() => {
  lines = [];
  const record = (_fields: unknown, text: string) => void lines.push(text);
  Logger.overrideLogger({ log: record, warn: record, error: record });
});
afterAll(() => Logger.overrideLogger(false));

describe('a pause', () => {
  let harness: ReconcilerHarness;
  let store: MemoryPauseStore;
  let reconciler: Reconciler;
  let noted: Decision[];

  beforeEach(() => {
    harness = new ReconcilerHarness();
    store = new MemoryPauseStore();
    noted = [];
    const { queue, buildbot, passes, clock, telemetry, settings } = harness;
    const journal = { note: (decision: Decision) => void noted.push(decision) };
    const pauses = new Pauses(store, clock);
    reconciler = new Reconciler(queue, buildbot, harness.store, passes, clock, telemetry, settings, RULES, {
      journal,
      pauses,
    });
  });

  it('holds back the creation, and nothing is tracked; after it the request is created', async () => {
    await store.add(ALL);
    await reconciler.reconcile(TASK);
    expect({ row: harness.row, requests: harness.openRequests, noted }).toEqual({
      row: undefined,
      requests: [],
      noted: [],
    });
    expect(lines).toEqual(['creation of build requests paused']);
    await store.remove();
    harness.advance(6);
    await reconciler.reconcile(TASK);
    expect(harness.openRequests).toHaveLength(1);
    expect(lines).toEqual([
      'creation of build requests paused',
      'creation of build requests resumed',
      'build request created',
    ]);
  });

  it('lets claims, endings and cancellations go on', async () => {
    await reconciler.reconcile(TASK);
    const number = harness.startBuild();
    await store.add(ALL);
    harness.advance(6);
    await reconciler.reconcile(TASK, { event: harness.started(number) });
    expect(harness.status.state).toBe('running');
    harness.complete(0);
    await reconciler.reconcile(TASK, { event: harness.finished(number, 0) });
    expect(harness.status.state).toBe('completed');
    expect(noted.map(({ event }) => event)).toEqual([
      'build request created',
      'task claimed',
      'task resolved',
      'task forgotten',
    ]);
  });

  it('lets an interrupted creation be finished when its request exists, and creates no other', async () => {
    harness.failOnce('insert', 'after');
    await expect(reconciler.reconcile(TASK)).rejects.toThrow('crash');
    expect(harness.row?.buildRequestId).toBeNull();
    await store.add(ALL);
    harness.advance(6);
    await reconciler.reconcile(TASK);
    expect(harness.row?.buildRequestId).toBe(harness.request.buildRequestId);

    harness.createTask('secondTaskOfTheHarness', {});
    harness.failOnce('insert', 'before');
    await store.remove();
    harness.advance(6);
    await expect(reconciler.reconcile('secondTaskOfTheHarness')).rejects.toThrow('crash');
    await store.add(ALL);
    harness.advance(6);
    await reconciler.reconcile('secondTaskOfTheHarness');
    expect(harness.rows.get('secondTaskOfTheHarness')?.buildRequestId).toBeNull();
  });

  it('is read once for all who ask within some seconds', async () => {
    let reads = 0;
    const pauses = new Pauses({ list: async () => [...(reads++, [])] }, harness.clock);
    await Promise.all([pauses.find('a'), pauses.find('b')]);
    await pauses.find('c');
    expect(reads).toBe(1);
    harness.advance(6);
    await pauses.find('c');
    expect(reads).toBe(2);
  });
});

describe('the journal', () => {
  it('has each decision that acted, with its cause, but no reclaims', async () => {
    const harness = new ReconcilerHarness();
    const noted: Decision[] = [];
    const { queue, buildbot, store, passes, clock, telemetry, settings } = harness;
    const reconciler = new Reconciler(queue, buildbot, store, passes, clock, telemetry, settings, RULES, {
      journal: { note: (decision: Decision) => void noted.push(decision) },
    });
    await reconciler.reconcile(TASK);
    await reconciler.reconcile(TASK);
    harness.startBuild();
    await reconciler.reconcile(TASK);
    harness.advance(700);
    await reconciler.reconcile(TASK);
    expect(lines).toContain('task reclaimed');
    expect(noted).toEqual([
      expect.objectContaining({
        event: 'build request created',
        taskId: TASK,
        runId: 0,
        buildRequestId: harness.request.buildRequestId,
        details: { buildername: 'Linux x86-64 build' },
        cause: expect.objectContaining({ verdict: 'create-request', run: 'pending', request: 'untracked' }),
      }),
      expect.objectContaining({
        event: 'task claimed',
        cause: expect.objectContaining({ verdict: 'claim' }),
      }),
    ]);
  });
});

describe('an explanation', () => {
  it('decides as a reconciliation would, and acts on nothing', async () => {
    const harness = new ReconcilerHarness();
    const explained = await harness.reconciler.explain(TASK);
    expect(explained).toMatchObject({ verdict: 'create-request', wait: { for: 'bridge' } });
    expect(harness.effects).toEqual([]);

    await harness.running();
    harness.cancelTask();
    const rev = harness.row?.rev;
    harness.forgetCalls();
    expect(await harness.reconciler.explain(TASK)).toMatchObject({
      verdict: 'cancel-request',
      cause: { cause: 'the task was cancelled in Taskcluster' },
      wait: { for: 'buildbot' },
    });
    expect(harness.effects).toEqual([]);
    expect(harness.row?.rev).toBe(rev);
  });
});
