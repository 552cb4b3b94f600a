import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReconcilerHarness, TASK } from './testing/reconciler-harness.js';

const OTHER = 'fSharesTheBuildQ2Q2Q2Q';

describe('a build that serves two tasks', () => {
  let harness: ReconcilerHarness;

  const reconcileBoth = async () => {
    await harness.reconciler.reconcile(TASK);
    await harness.reconciler.reconcile(OTHER);
  };
  const readStates = (taskId: string) => harness.taskcluster.status(taskId).runs.map(({ state }) => state);

  beforeEach(async () => {
    harness = new ReconcilerHarness();
    harness.createTask(OTHER);
    await reconcileBoth();
    harness.startBuild();
    await reconcileBoth();
    expect(harness.master.builds).toHaveLength(1);
    harness.cancelTask();
  });

  it('is not stopped for one of them, whose row waits for its end', async () => {
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.cancellations).toEqual([]);
    harness.complete(0);
    expect(await harness.reconcile()).not.toBe('wait');
    await reconcileBoth();
    harness.advance(harness.settings.finishedGrace + 1);
    await reconcileBoth();
    expect(harness.row).toBeUndefined();
    expect(readStates(OTHER)).toEqual(['completed']);
  });

  it('is stopped when both are dead', async () => {
    await harness.reconcile();
    harness.taskcluster.cancelTask(OTHER);
    expect(await harness.reconciler.reconcile(OTHER)).toBe('cancel-request');
    expect(harness.cancellations).toEqual(['cancel-build']);
  });

  it('is not stopped while a request is in it that the bridge does not track', async () => {
    harness.rows.delete(OTHER);
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.cancellations).toEqual([]);
  });

  it('that ends in RETRY leaves the dead task’s request to be taken back alone', async () => {
    await harness.reconcile();
    harness.requeue();
    expect(await harness.reconcile()).toBe('cancel-request');
    expect(harness.cancellations).toEqual(['cancel-request']);
  });

  it('is not stopped by a cancellation that was decided on before it began', async () => {
    const waiting = { ...harness.snapshot, state: { at: 'waiting' as const } };
    await expect(harness.buildbot.cancel(waiting)).rejects.toMatchObject({ name: 'Refused', status: 409 });
    expect(harness.cancellations).toEqual([]);
  });
});
