import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RequestSnapshot, type TaskStatus, Unavailable } from '@bbb/rules';
import type { Given } from '@bbb/reconciler';
import { row } from '../../../libs/rules/src/testing/observations.js';
import { makeSteps, PASS } from './testing/make-steps.js';

describe('tracked tasks with requests that cannot be read', () => {
  it('are reconciled as if Buildbot were unavailable; the others are reconciled with their requests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 30, maxLength: 40 }), async (odd) => {
        const rows = odd.map((_, index) => row({ taskId: `task-${index}`, buildRequestId: index + 1 }));
        const snapshots = new Map<number, RequestSnapshot | Error>(
          rows.map(({ taskId, buildRequestId }, index) => [
            buildRequestId!,
            odd[index]
              ? new Unavailable('scheduler-db', 'odd')
              : ({ key: { taskId, createdForRunId: 0 } } as RequestSnapshot),
          ]),
        );
        const told = new Map<string, Given>();
        const { tracked, passes } = makeSteps({
          queue: {
            readStatuses: async (ids) =>
              new Map(ids.map((id) => [id, { runs: [] as const } as unknown as TaskStatus])),
          },
          buildbot: { readSnapshots: async () => snapshots },
          store: { readPage: async () => ({ tasks: rows }) },
          reconciler: {
            isStopping: false,
            reconcile: async (taskId, given = {}) => {
              told.set(taskId, given);
              return 'wait';
            },
          },
        });
        await tracked.run(PASS);
        rows.forEach(({ taskId, buildRequestId }, index) =>
          expect(told.get(taskId)).toMatchObject({
            buildbotUnavailable: odd[index],
            request: odd[index] ? undefined : snapshots.get(buildRequestId!),
            absenceDoubted: undefined,
          }),
        );
        expect(passes.state).toMatchObject({ missing: 0, doubtedSince: null });
      }),
    );
  });
});
