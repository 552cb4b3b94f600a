import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import type { Reconciler } from '@bbb/reconciler';
import {
  BuilderPolicy,
  type Buildbot,
  type MarkedRequest,
  type RequestSnapshot,
  type TaskQueue,
  type TaskStatus,
  type TaskStore,
} from '@bbb/rules';
import { row } from '../../../libs/rules/src/testing/observations.js';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../test/support/doubles/memory-pass-store.js';
import { AbsenceBrake } from './absence-brake.service.js';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';

Logger.overrideLogger(false);

const TASK = 'AAAAAAAAQACAAAAAAAAAAA';
const [TRACKED, OTHER] = [1, 2];

function createSnapshot(buildRequestId: number, taskId: string): RequestSnapshot {
  return {
    buildRequestId,
    buildername: 'builder',
    key: { taskId, createdForRunId: 0 },
    state: { at: 'waiting' },
  };
}

/** What the step cancels when the row names {@link TRACKED} and {@link OTHER} is open, too. */
async function listCancelled(tracked: RequestSnapshot | undefined): Promise<number[]> {
  const cancelled: number[] = [];
  const snapshots = new Map([
    [TRACKED, tracked],
    [OTHER, createSnapshot(OTHER, TASK)],
  ]);
  const tracking = row({ taskId: TASK, buildRequestId: TRACKED });
  const configuration = {
    taskcluster: { provisionerId: 'p', workerType: 'w' },
    reflector: { concurrency: 1, orphanGrace: 0, missingLimit: 10 },
  } as Configuration;
  const clock = new ManualClock();
  const open: MarkedRequest = { buildRequestId: OTHER, taskId: TASK, createdForRunId: 0, createdAt: 0 };
  const step = new OrphanRequestsStep(
    {
      readClockOffset: () => undefined,
      readStatus: async () =>
        ({ taskId: TASK, taskQueueId: 'p/w', runs: [{ runId: 0 }] }) as unknown as TaskStatus,
    } as Partial<TaskQueue> as TaskQueue,
    {
      listMarkedOpenRequests: async () => [open],
      readSnapshot: async (id: number) => snapshots.get(id),
      cancel: async ({ buildRequestId }: RequestSnapshot) => void cancelled.push(buildRequestId),
    } as Partial<Buildbot> as Buildbot,
    {
      listBuildRequestIds: async () => [],
      findByBuildRequestIds: async () => [],
      track: async () => ({ created: false, task: tracking }),
      get: async () => tracking,
    } as Partial<TaskStore> as TaskStore,
    clock,
    { isStopping: false, reconcile: async () => 'wait' } as unknown as Reconciler,
    new BuilderPolicy({ restricted: [], ignored: [] }),
    new AbsenceBrake(new MemoryPassStore(), clock, configuration),
    configuration,
  );
  await step.run(Promise.resolve());
  return cancelled;
}

describe('a second open build request of a task', () => {
  it('is cancelled beside the tracked one', async () => {
    expect(await listCancelled(createSnapshot(TRACKED, TASK))).toEqual([OTHER]);
  });

  it('is left alone when the tracked one is missing, as after a restore', async () => {
    expect(await listCancelled(undefined)).toEqual([]);
  });

  it("is left alone when the tracked one's id is another task's", async () => {
    expect(await listCancelled(createSnapshot(TRACKED, 'BBBBBBBBQBCBBBBBBBBBBA'))).toEqual([]);
  });
});
