import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Observation } from '@bbb/rules';
import {
  NOW,
  OURS,
  request,
  row,
  type RunSketch,
  seen,
  STATES,
} from '../../rules/src/testing/observations.js';
import { WORKER } from '../../../test/model/bridge/settings.js';
import { ReconcilerHarness } from './testing/reconciler-harness.js';
import type { Given } from './situation.js';

beforeAll(() => Logger.overrideLogger(false));

const RUNS: RunSketch[][] = [
  [],
  ['pending'],
  ['running'],
  ['foreign'],
  ['completed'],
  ['worker-shutdown'],
  ['worker-shutdown', 'pending'],
  ['completed', 'pending'],
];

const ROWS = [
  {},
  { buildId: 81, takenUntil: NOW + 1200 },
  { missingSince: NOW - 10 },
  { buildRequestId: null },
];

const whole = Object.values(STATES).flatMap((state) =>
  RUNS.flatMap((runs) => ROWS.map((changes) => seen(state, runs, changes))),
);

const OBSERVED: Observation[] = [
  ...whole,
  ...whole.map(({ status: _, ...rest }) => rest),
  ...whole.map(({ request: _, ...rest }) => rest),
  ...whole.map(({ request: _, ...rest }) => ({ ...rest, buildbotUnavailable: true })),
  ...whole.map((each) => ({
    ...each,
    request: { ...request(STATES.waiting), key: { taskId: 'other', createdForRunId: 0 } },
  })),
];

/** What a pass has read of a row. */
function toGiven({ row: tracked = row(), status, ...read }: Observation) {
  const runs = status?.runs.map((run) => (run.workerId === OURS.workerId ? { ...run, ...WORKER } : run));
  const given = { ...read, row: tracked, ...(status && runs ? { status: { ...status, runs } } : {}) };
  return { ...given, source: 'batched' } as Given & { row: typeof tracked };
}

describe('tasks for which nothing is to be done', () => {
  it('are only such for which a reconciliation does nothing', async () => {
    let settled = 0;
    for (const given of OBSERVED.map(toGiven)) {
      const harness = new ReconcilerHarness();
      if (harness.reconciler.selectUnsettled([given]).length > 0) continue;
      settled++;
      expect(await harness.reconciler.reconcile(given.row.taskId, given)).toBe('wait');
      expect(harness.effects).toEqual([]);
    }
    expect(settled).toBeGreaterThan(20);
  });

  it('are those with a build that runs, and with a request that waits', () => {
    const { reconciler, telemetry } = new ReconcilerHarness();
    const batch = [
      seen(STATES.building, ['running'], { buildId: 81, takenUntil: NOW + 1200 }),
      seen(STATES.waiting, ['pending']),
      seen(STATES.building, ['running'], { takenUntil: NOW + 1200 }),
      seen(STATES.cancelled, ['running'], { buildId: 81, takenUntil: NOW + 1200 }),
    ].map(toGiven);
    expect(reconciler.selectUnsettled(batch)).toEqual(batch.slice(2));
    expect(telemetry.readCount('reconciles_total', { action: 'wait', outcome: 'ok' })).toBe(2);
  });
});
