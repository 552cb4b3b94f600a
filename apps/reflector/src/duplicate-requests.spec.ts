import { describe, expect, it } from '@jest/globals';
import type { MarkedRequest, RequestSnapshot, TaskStatus } from '@bbb/rules';
import { row } from '../../../libs/rules/src/testing/observations.js';
import { makeSteps } from './testing/make-steps.js';

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
  const open: MarkedRequest = { buildRequestId: OTHER, taskId: TASK, createdForRunId: 0, createdAt: 0 };
  const { orphans } = makeSteps({
    queue: {
      readStatus: async () =>
        ({ taskId: TASK, taskQueueId: 'p/w', runs: [{ runId: 0 }] }) as unknown as TaskStatus,
    },
    buildbot: {
      listMarkedOpenRequests: async () => [open],
      readSnapshot: async (id) => snapshots.get(id),
      cancel: async ({ buildRequestId }) => void cancelled.push(buildRequestId),
    },
    store: {
      findByBuildRequestIds: async () => [],
      track: async () => ({ created: false, task: tracking }),
      get: async () => tracking,
    },
  });
  await orphans.run(Promise.resolve());
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
