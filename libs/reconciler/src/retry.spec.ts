import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

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

  it('is acted on when the database shows it, and its message is not retried', async () => {
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

  it('may be reported after the next build has started', async () => {
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
    'reported late or twice changes nothing: the next build %s',
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

  it('is reported once, even when another instance reported it between reading the build and the run', async () => {
    const { queue } = harness;
    const status = queue.readStatus.bind(queue);
    queue.readStatus = async (taskId) => {
      queue.readStatus = status;
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

  it('may happen repeatedly', async () => {
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

  it('cancels the task when it is then cancelled in Buildbot before the next build', async () => {
    harness.requeue();
    await harness.reconcile();
    harness.cancelInBuildbot();
    await harness.reconcile();
    expect(harness.story).toEqual(['worker-shutdown', 'canceled']);
    expect(harness.row).toBeUndefined();
  });
});

describe('a claim that expired while the bridge was down', () => {
  const away = () => {
    harness.clock.advance(1300);
    harness.taskcluster.tick();
  };

  it('is followed by a claim of the next run, and the build continues', async () => {
    away();
    await harness.reconcile();
    expect(harness.story).toEqual(['claim-expired', 'running']);
    expect(harness.cancellations).toEqual([]);
    expect(harness.row).toMatchObject({ runId: 1, buildRequestId });
  });

  it('is discovered by a reclaim', async () => {
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
