import { Logger } from '@nestjs/common';
import { afterAll, beforeEach, expect, it } from '@jest/globals';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

/** What was logged: fields and text of each line. */
let lines: [Record<string, unknown>, string][];
const record = (fields: Record<string, unknown>, text: string) => void lines.push([fields, text]);

beforeEach(() => {
  lines = [];
  Logger.overrideLogger({ log: record, warn: record, error: record });
});
afterAll(() => Logger.overrideLogger(false));

it('an act is logged once, with the cause and the facts that led to it', async () => {
  const harness = new ReconcilerHarness();
  await harness.running();
  harness.cancelTask();
  lines = [];
  await harness.reconcile();
  expect(lines).toEqual([
    [
      expect.objectContaining({
        taskId: expect.any(String),
        buildRequestId: expect.any(Number),
        verdict: 'cancel-request',
        cause: 'the task was cancelled in Taskcluster',
        run: 'ended',
        request: 'building',
        reasonResolved: 'canceled',
      }),
      'cancellation requested in Buildbot',
    ],
  ]);
});

it('an ignored builder is logged once', async () => {
  const harness = new ReconcilerHarness({ payload: { buildername: 'ignored-x', bad: true } });
  await harness.reconcile();
  await harness.reconcile();
  expect(lines).toEqual([
    [
      { taskId: expect.any(String), buildername: 'ignored-x' },
      'tasks of this builder are ignored (ignored_builders)',
    ],
  ]);
});
