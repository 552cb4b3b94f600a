import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

beforeAll(() => Logger.overrideLogger(false));

let harness: ReconcilerHarness;
let first: number;
let buildRequestId: number;

beforeEach(async () => {
  harness = new ReconcilerHarness();
  first = await harness.running();
  ({ buildRequestId } = harness.request);
});

describe('a build that ends in RETRY', () => {
  it('ends the run as worker-shutdown, and the next run follows the same request', async () => {
    harness.requeue();
    expect(await harness.reconcile({ event: harness.finished(first, 5) })).toBe('wait');
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
    expect(harness.row).toMatchObject({ runId: 1, buildRequestId, buildId: null, takenUntil: null });
    expect(harness.farm.requests.size).toBe(1);
  });

  it('is believed when the database shows it, and needs no telling again', async () => {
    harness.endBuild(5);
    expect(await harness.reconcile({ event: harness.finished(first, 5) })).toBe('wait');
    expect(harness.story).toEqual(['running']);
    harness.master.retire();
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
  });

  it('gives the next build to the next run, which is resolved by it', async () => {
    harness.requeue();
    await harness.reconcile({ event: harness.finished(first, 5) });
    const second = harness.startBuild();
    await harness.reconcile({ event: harness.started(second) });
    expect(harness.story).toEqual(['worker-shutdown', 'running']);
    harness.complete(0);
    await harness.reconcile({ event: harness.finished(second, 0) });
    expect(harness.story).toEqual(['worker-shutdown', 'completed']);
    expect(harness.row).toBeUndefined();
  });

  it('keeps its run pending while the next build does not start', async () => {
    harness.requeue();
    await harness.reconcile({ event: harness.finished(first, 5) });
    await harness.settle(60);
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
    expect(harness.row).toMatchObject({ runId: 1, takenUntil: null });
    harness.startBuild();
    await harness.reconcile();
    expect(harness.story).toEqual(['worker-shutdown', 'running']);
  });

  it('may be told of after the next build has started', async () => {
    harness.requeue();
    const second = harness.startBuild();
    await harness.reconcile({ row: harness.row, event: harness.started(second) });
    expect(harness.story).toEqual(['worker-shutdown', 'running']);
    expect(harness.row).toMatchObject({ runId: 1, buildId: harness.request.builds[1]?.buildId });
    harness.forgetCalls();
    await harness.reconcile({ row: harness.row, event: harness.finished(first, 5) });
    expect(harness.effects).toEqual([]);
    expect(harness.story).toEqual(['worker-shutdown', 'running']);
  });

  it.each(['waits', 'runs', 'has ended'])(
    'told of late or twice touches nothing: the next build %s',
    async (next) => {
      const event = harness.finished(first, 5);
      harness.requeue();
      await harness.reconcile({ event });
      if (next !== 'waits') {
        const second = harness.startBuild();
        await harness.reconcile({ event: harness.started(second) });
        if (next === 'has ended') harness.complete(0);
      }
      const { story } = harness;
      harness.forgetCalls();
      await harness.reconcile({ event });
      await harness.reconcile({ row: harness.row, event });
      expect(harness.story).toEqual(story);
      expect(harness.effects).toEqual([]);
    },
  );

  it('is told of once, though the run was seen after another instance had done so and the build before', async () => {
    const { queue } = harness;
    const status = queue.status.bind(queue);
    queue.status = async (taskId) => {
      queue.status = status;
      await turn();
      // The other one ends the run and is killed before it writes that down.
      harness.requeue();
      harness.startBuild();
      await queue.report({ taskId, runId: 0 }, { report: 'exception', reason: 'worker-shutdown' });
      return status(taskId);
    };
    await harness.reconcile();
    expect(harness.story).toEqual(['worker-shutdown', 'running']);
    expect(harness.row).toMatchObject({ runId: 1, buildId: harness.request.builds[1]?.buildId });
  });

  it('reruns the task when no retries are left', async () => {
    harness = new ReconcilerHarness({ retries: 0 });
    first = await harness.running();
    ({ buildRequestId } = harness.request);
    harness.requeue();
    await harness.reconcile({ event: harness.finished(first, 5) });
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
    expect(harness.status.runs[1]?.reasonCreated).toBe('rerun');
    harness.startBuild();
    harness.complete(0);
    await harness.settle();
    expect(harness.story).toEqual(['worker-shutdown', 'completed']);
    expect(harness.farm.requests.size).toBe(1);
  });

  it('may do so again and again', async () => {
    for (let round = 0; round < 8; round++) {
      harness.requeue();
      await harness.reconcile();
      harness.startBuild();
      await harness.reconcile();
    }
    harness.complete(0);
    await harness.settle();
    expect(harness.story).toEqual([...Array<string>(8).fill('worker-shutdown'), 'completed']);
    expect(harness.farm.requests.size).toBe(1);
  });

  it('and is cancelled in Buildbot before the next build cancels the task', async () => {
    harness.requeue();
    await harness.reconcile();
    harness.cancelInBuildbot();
    await harness.reconcile();
    expect(harness.story).toEqual(['worker-shutdown', 'canceled']);
    expect(harness.row).toBeUndefined();
  });
});

describe('a claim that ran out while the bridge was away', () => {
  const away = () => {
    harness.clock.advance(1300);
    harness.taskcluster.tick();
  };

  it('is followed by a claim of the next run: the build goes on', async () => {
    away();
    await harness.reconcile();
    expect(harness.story).toEqual(['claim-expired', 'running']);
    expect(harness.cancellations).toEqual([]);
    expect(harness.row).toMatchObject({ runId: 1, buildRequestId });
  });

  it('does not keep a reclaim from finding that out', async () => {
    const { row } = harness;
    away();
    await harness.reconcile({ row });
    expect(harness.story).toEqual(['claim-expired', 'running']);
  });

  it('still gives the task its result when the build ended meanwhile', async () => {
    harness.complete(0);
    away();
    await harness.reconcile({ event: harness.finished(first, 0) });
    expect(harness.story).toEqual(['claim-expired', 'completed']);
    expect(harness.artifacts(1)).toHaveLength(2);
  });

  it('still gives it when no retries were left', async () => {
    harness = new ReconcilerHarness({ retries: 0 });
    await harness.running();
    harness.complete(0);
    away();
    await harness.settle();
    expect(harness.story).toEqual(['claim-expired', 'completed']);
    expect(harness.row).toBeUndefined();
  });
});
