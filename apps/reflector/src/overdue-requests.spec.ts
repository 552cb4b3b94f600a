import { expect, it } from '@jest/globals';
import type { RequestSnapshot, RequestState, TaskStatus, TrackedTask } from '@bbb/rules';
import { OPEN_STATES, OverdueRequests } from './overdue-requests.js';

const build = { buildId: 1, number: 1 };
const row = (changes: Partial<TrackedTask> = {}) =>
  ({ runId: 0, missingSince: null, ...changes }) as TrackedTask;
const request = (state: RequestState) => ({ state }) as RequestSnapshot;
const resolvedAt = (...times: (number | undefined)[]) =>
  ({ runs: times.map((resolved) => ({ resolved })) }) as unknown as TaskStatus;

it('counts stuck requests whatever is decided about them', () => {
  const overdue = new OverdueRequests(1000, 600);
  for (const since of [400, 401, null])
    overdue.count({ row: row(), request: request({ at: 'finishing', build, since }) }, 'wait');
  overdue.count({ row: row(), request: request({ at: 'building', build }) }, 'reclaim');
  overdue.count({ row: row() }, 'wait');
  expect(overdue.stuckRequests).toBe(1);
  expect(OPEN_STATES.map((state) => overdue.countOpen(state))).toEqual([0, 1, 3, 0]);
  expect(overdue.cancellationAge).toBe(0);
});

it('knows since when the oldest cancellation is due', () => {
  const overdue = new OverdueRequests(1000, 600);
  const open = request({ at: 'waiting' });
  overdue.count({ row: row(), request: open, status: resolvedAt(100) }, 'wait');
  expect(overdue.cancellationAge).toBe(0);
  overdue.count({ row: row(), request: open, status: resolvedAt(900, 100) }, 'cancel-request');
  expect(overdue.cancellationAge).toBe(100);
  overdue.count({ row: row({ missingSince: 800 }), request: open }, 'cancel-request');
  overdue.count({ row: row({ runId: 1 }), request: open, status: resolvedAt(100, 950) }, 'cancel-request');
  overdue.count({ row: row(), request: open, status: resolvedAt(undefined) }, 'cancel-request');
  expect(overdue.cancellationAge).toBe(200);
});
