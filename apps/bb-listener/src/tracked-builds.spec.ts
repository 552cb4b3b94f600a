import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BuildMessage } from '@bbb/buildbot';
import { LeaveToOthers } from '@bbb/pulse';
import { ReconcilerHarness, TASK } from '../../../libs/reconciler/src/testing/reconciler-harness.js';
import { TrackedBuilds } from './tracked-builds.js';

describe('the end message of a build', () => {
  let harness: ReconcilerHarness;
  let number: number;

  /** Delivers it to an instance that has claimed the run, or has not. */
  const deliver = (isHeld: boolean, mayLeave: boolean) => {
    harness.queue.holds = () => isHeld;
    const { store, reconciler, queue } = harness;
    const message = { taskId: TASK, buildRequestIds: [harness.row!.buildRequestId] } as BuildMessage;
    return new TrackedBuilds(store, reconciler, queue).deliver(message, harness.finished(number, 0), {
      mayLeave,
    });
  };

  beforeEach(async () => {
    harness = new ReconcilerHarness();
    number = await harness.building();
  });

  it.each([
    [true, true],
    [false, false],
  ])('is handled by an instance that holds the run, or has it again: %s, %s', async (isHeld, mayLeave) => {
    await harness.reconcile({ event: harness.started(number) });
    harness.complete(0);
    await deliver(isHeld, mayLeave);
    expect(harness.story).toEqual(['completed']);
  });

  it('is left to others by an instance that does not hold the run', async () => {
    await harness.reconcile({ event: harness.started(number) });
    harness.complete(0);
    await expect(deliver(false, true)).rejects.toThrow(LeaveToOthers);
    expect(harness.story).toEqual(['running']);
  });

  it('is handled by any instance when nobody has claimed the run', async () => {
    harness.complete(0);
    await deliver(false, true);
    expect(harness.story).toEqual(['completed']);
  });

  it('is handled also when the row gets its request id between the two reads', async () => {
    harness.complete(0);
    harness.store.findByBuildRequestIds = () => Promise.resolve([]);
    await deliver(true, true);
    expect(harness.story).toEqual(['completed']);
  });
});
