import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import {
  type Buildbot,
  type RequestSnapshot,
  type TaskQueue,
  type TaskStatus,
  type TaskStore,
  Unavailable,
  type WalkStore,
} from '@bbb/rules';
import type { Given, Reconciler } from '@bbb/reconciler';
import { row } from '../../../libs/rules/src/testing/observations.js';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../test/support/doubles/memory-pass-store.js';
import { AbsenceBrake } from './absence-brake.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { SharedWalks } from './walk/shared-walks.service.js';

Logger.overrideLogger(false);

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
        const configuration = {
          taskcluster: { maxConnections: 5 },
          reflector: { batch: 900, missingLimit: 10 },
        } as Configuration;
        const passes = new MemoryPassStore();
        const step = new TrackedTasksStep(
          {
            readStatuses: async (ids: readonly string[]) =>
              new Map(ids.map((id) => [id, { runs: [] as const } as unknown as TaskStatus])),
          } as Pick<TaskQueue, 'readStatuses'> as TaskQueue,
          { readSnapshots: async () => snapshots } as Pick<Buildbot, 'readSnapshots'> as Buildbot,
          new SharedWalks(
            { readPage: async () => ({ tasks: rows }) } as Pick<TaskStore, 'readPage'> as TaskStore,
            {} as WalkStore,
            new ManualClock(),
            configuration,
          ),
          {
            isStopping: false,
            selectUnsettled: (batch) => [...batch],
            reconcile: async (taskId: string, given: Given) => {
              told.set(taskId, given);
              return 'wait';
            },
          } as Pick<Reconciler, 'isStopping' | 'selectUnsettled' | 'reconcile'> as Reconciler,
          new AbsenceBrake(passes, new ManualClock(), configuration),
          new ManualClock(),
          configuration,
        );
        await step.run({ begun: Infinity, interval: 60 });
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
