import { expect, it } from '@jest/globals';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

it('a task whose builder has no room stays pending and untracked, without an error, until there is room', async () => {
  const harness = new ReconcilerHarness();
  let hasRoom = false;
  harness.buildbot.hasRoomFor = async () => hasRoom;
  expect(await harness.reconcile()).toBe('create-request');
  expect(harness.row).toBeUndefined();
  expect(harness.farm.requests.size).toBe(0);
  expect(harness.story).toEqual(['pending']);

  hasRoom = true;
  await harness.reconcile();
  expect(harness.row?.buildRequestId).toBe(harness.request.buildRequestId);
});

it('an interrupted creation goes on although its builder has no room: its request may exist', async () => {
  const harness = new ReconcilerHarness();
  await harness.reconcile();
  await harness.store.change(harness.row!, { buildRequestId: null });
  harness.buildbot.hasRoomFor = async () => false;
  await harness.reconcile();
  expect(harness.row?.buildRequestId).toBe(harness.request.buildRequestId);
  expect(harness.farm.requests.size).toBe(1);
});
