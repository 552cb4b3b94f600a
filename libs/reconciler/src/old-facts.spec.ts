import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReconcilerHarness, TASK } from './testing/reconciler-harness.js';

let harness: ReconcilerHarness;
beforeEach(() => {
  harness = new ReconcilerHarness();
});

/** What a pass has read in bulk, with this row. */
const observe = (row: typeof harness.row) =>
  ({ row, status: harness.status, request: harness.snapshot, source: 'batched' }) as const;

describe('facts that are old or lost', () => {
  it.each(['running', 'finished'])(
    'without the bridge’s database, while the build is %s, are read from the two sides',
    async (at) => {
      const number = await harness.running();
      const { buildRequestId } = harness.request;
      if (at === 'finished') harness.complete(0);
      harness.rows.clear();
      await harness.reconcile({ event: harness.finished(number, 0) }).catch(() => undefined);
      if (at === 'running') {
        expect(harness.row).toMatchObject({ buildRequestId, takenUntil: 1_500_001_200 });
        harness.complete(0);
      }
      await harness.settle();
      expect(harness.story).toEqual(['completed']);
      expect(harness.farm.requests.size).toBe(1);
      expect(harness.row).toBeUndefined();
    },
  );

  it('from the pending list: a request that was created since is not missing', async () => {
    const status = harness.status;
    await harness.reconcile();
    const given = { status, source: 'batched', definition: harness.definition } as const;
    expect(await harness.reconcile(given)).toBe('wait');
    expect(harness.row?.missingSince).toBeNull();
  });

  it('from the tracked tasks: nothing is done with a row that has changed since', async () => {
    await harness.reconcile();
    const { row } = harness;
    const given = observe(row);
    harness.startBuild();
    await harness.reconcile();
    const claimed = harness.row;
    await harness.reconcile(given);
    expect(harness.row).toEqual(claimed);
    expect(harness.story).toEqual(['running']);
  });

  it('from the tracked tasks: a row that has changed since is not forgotten', async () => {
    await harness.running();
    harness.complete(0);
    const { row } = harness;
    harness.taskcluster.reportCompleted(TASK, 0);
    const given = observe(row);
    harness.clock.advance(1);
    harness.rerunTask();
    await harness.reconcile();
    expect(await harness.reconcile(given)).toBe('wait');
    expect(harness.row).toMatchObject({ runId: 1, buildRequestId: harness.request.buildRequestId });
  });

  it('of an unavailable Buildbot: claims are kept, and nothing else is concluded', async () => {
    await harness.running();
    for (let pass = 0; pass < 40; pass++) {
      harness.advance(60);
      const given = {
        row: harness.row,
        status: harness.status,
        source: 'batched',
        buildbotUnavailable: true,
      } as const;
      expect(['wait', 'reclaim']).toContain(await harness.reconcile(given));
    }
    expect(harness.story).toEqual(['running']);
    expect(harness.row?.missingSince).toBeNull();
    expect(harness.cancellations).toEqual([]);
  });

  it.each(['cancel-task', 'rerun'])('are read again before an irreversible act: %s', async (act) => {
    harness = new ReconcilerHarness({ retries: 0 });
    await harness.running();
    const { row } = harness;
    if (act === 'rerun') harness.advance(1300);
    else harness.cancelInBuildbot();
    harness.forgetCalls();
    const given = observe(row);
    await harness.reconcile(given);
    const names = harness.gate.calls.map(({ name }) => name);
    const effect = act === 'rerun' ? 'rerun' : 'cancel';
    expect(names.indexOf('status')).toBeGreaterThanOrEqual(0);
    expect(names.indexOf('status')).toBeLessThan(names.indexOf(effect));
  });
});
