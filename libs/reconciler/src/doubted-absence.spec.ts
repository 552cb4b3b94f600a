import { expect, it } from '@jest/globals';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

const DOUBTED = { seen: 100, missing: 100, doubtedSince: 1, confirmedMissing: null, finishedAt: null };

it.each([
  ['ends a run whose build request has long been missing', false, 'exception'],
  ['ends no such run while too many tasks are missing', true, 'running'],
])('a message %s', async (_what, isDoubted, expected) => {
  const harness = new ReconcilerHarness();
  await harness.running();
  harness.removeRequest();
  await harness.reconcile();
  harness.clock.advance(harness.settings.missingGrace + 1);
  if (isDoubted) harness.passes.state = DOUBTED;
  await harness.reconcile({ event: harness.started(1) });
  expect(harness.status.runs.at(-1)?.state).toBe(expected);
});
