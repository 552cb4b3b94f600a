import { describe, expect, it } from '@jest/globals';
import { Reconciler } from './reconciler.js';
import { ReconcilerHarness, TASK } from './testing/reconciler-harness.js';

const BUILD = 3 * 3600;

/** A reconciler on a machine whose clock is off, and which learns so from the queue's answers. */
function reconcilerWith(harness: ReconcilerHarness, skew: number, isLearned: boolean): Reconciler {
  const { queue, buildbot, store, telemetry, settings, clock } = harness;
  queue.readClockOffset = () => (isLearned ? -skew : undefined);
  const machine = { now: () => clock.now() + skew };
  return new Reconciler(queue, buildbot, store, harness.passes, machine, telemetry, settings);
}

async function build(skew: number, isLearned = true): Promise<ReconcilerHarness> {
  const harness = new ReconcilerHarness();
  const reconciler = reconcilerWith(harness, skew, isLearned);
  await reconciler.reconcile(TASK);
  const event = harness.started(harness.startBuild());
  await reconciler.reconcile(TASK, { event });
  for (let passed = 0; passed < BUILD; passed += 60) {
    await reconciler.reconcile(TASK);
    harness.advance(60);
  }
  return harness;
}

describe('the claim of a long build', () => {
  it.each([-12 * 60, -61, 61, 12 * 60])(
    'is kept by the queue’s time, with a clock that is off by %i s',
    async (skew) => {
      const harness = await build(skew);
      expect(harness.story).toEqual(['running']);
      const reclaims = harness.effects.filter((name) => name === 'reclaim').length;
      expect(reclaims).toBeGreaterThan(BUILD / 1200);
      expect(reclaims).toBeLessThan(BUILD / 400);
    },
  );

  it('would be lost with the machine’s own clock', async () => {
    const harness = await build(-25 * 60, false);
    expect(harness.story).toContain('claim-expired');
  });
});
