import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestSpec } from '@bbb/rules';
import type { RequestRow } from '../../../test/model/buildbot/farm.js';
import { TASK, ReconcilerHarness } from './testing/reconciler-harness.js';

let harness: ReconcilerHarness;
let stranger: RequestRow;

/** The scheduler database was restored, and the id of the task's request is another's now. */
function giveIdAway(changes: Partial<RequestSpec>): void {
  const { buildRequestId, spec } = harness.removeRequest();
  harness.master.kill();
  harness.master.restart();
  stranger = harness.farm.insert({ ...spec, ...changes });
  harness.farm.requests.delete(stranger.buildRequestId);
  stranger.buildRequestId = buildRequestId;
  harness.farm.requests.set(buildRequestId, stranger);
}

beforeEach(() => {
  harness = new ReconcilerHarness();
});

describe.each<[string, Partial<RequestSpec>]>([
  ['another task', { taskId: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ['a later run', { createdForRunId: 7 }],
])('a row whose id names the request of %s', (_what, changes) => {
  it('does not use the other task’s result', async () => {
    await harness.running();
    giveIdAway(changes);
    harness.startBuild();
    harness.complete(0);
    await harness.settle(8);
    expect(harness.story).toEqual(['internal-error']);
  });

  it('does not claim a run for the other task’s build', async () => {
    await harness.reconcile();
    giveIdAway(changes);
    harness.startBuild();
    expect(await harness.reconcile()).toBe('note-missing');
    expect(harness.story).toEqual(['pending']);
  });

  it('does not stop the other task’s build when its own task is cancelled', async () => {
    await harness.running();
    giveIdAway(changes);
    harness.startBuild();
    harness.cancelTask();
    await harness.settle(8);
    expect(harness.cancellations).toEqual([]);
    expect(stranger.complete).toBe(false);
    expect(harness.story).toEqual(['canceled']);
  });

  it('does not cancel its task because the other task’s request was cancelled', async () => {
    await harness.running();
    giveIdAway(changes);
    harness.cancelInBuildbot();
    expect(await harness.reconcile()).toBe('note-missing');
    expect(harness.story).toEqual(['running']);
  });
});

it('a request that comes back to its id is the task’s again', async () => {
  await harness.running();
  const own = harness.request;
  giveIdAway({ taskId: 'AAAAAAAAAAAAAAAAAAAAAA' });
  await harness.reconcile();
  harness.farm.requests.set(own.buildRequestId, own);
  expect(await harness.reconcile()).toBe('wait');
  expect(harness.row).toMatchObject({ taskId: TASK, missingSince: null });
});
