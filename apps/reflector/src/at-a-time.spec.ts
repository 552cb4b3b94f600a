import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  type Buildbot,
  BuilderPolicy,
  type ListedRun,
  type TaskQueue,
  type TaskStore,
  Unavailable,
  type WalkStore,
} from '@bbb/rules';
import type { Configuration } from '@bbb/configuration';
import { SystemClock } from '@bbb/platform';
import type { Reconciler } from '@bbb/reconciler';
import { MemoryPassStore } from '../../../test/support/doubles/memory-pass-store.js';
import { AbsenceBrake } from './absence-brake.service.js';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { SharedWalks } from './walk/shared-walks.service.js';
import { MissedRunsStep } from './missed-runs-step.service.js';

const TASKS = Array.from({ length: 12 }, (_, index) => `task-${index}`);
const BATCH = 8;

describe('tasks at a time', () => {
  const configuration = {
    taskcluster: { provisionerId: 'bridge', workerType: 'bridge', maxConnections: 1 },
    reflector: { concurrency: 3, batch: BATCH, orphanGrace: 0, missingLimit: 100 },
  } as Configuration;
  const clock = new SystemClock();
  const brake = new AbsenceBrake(new MemoryPassStore(), clock, configuration);
  const policy = new BuilderPolicy({ restricted: [], ignored: [] });
  let done: string[];
  let most: number;
  let stopsAfter: number;
  let reconciler: Reconciler;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(() => {
    done = [];
    most = 0;
    stopsAfter = Infinity;
    let working = 0;
    reconciler = {
      isPaused: async (buildername: string) => buildername === 'paused',
      get isStopping() {
        return done.length >= stopsAfter;
      },
      selectUnsettled: (batch) => [...batch],
      reconcile: async (taskId: string) => {
        most = Math.max(most, ++working);
        await turn();
        working--;
        done.push(taskId);
        return 'wait';
      },
    } as Pick<Reconciler, 'isStopping' | 'selectUnsettled' | 'reconcile'> as Reconciler;
  });

  const queue = {
    readStatus: async (taskId) => ({ taskId, taskQueueId: 'bridge/bridge', runs: [] }) as never,
    readStatuses: async () => new Map(),
    readClockOffset: () => undefined,
  } as Pick<TaskQueue, 'readStatus' | 'readStatuses' | 'readClockOffset'> as TaskQueue;

  const buildbot = {
    readSnapshots: async () => new Map(),
    readSnapshot: async (id) => {
      const taskId = TASKS[id - 1] ?? `task-${id}`;
      return { buildername: 'any', key: { taskId, createdForRunId: 0 } } as never;
    },
    listMarkedOpenRequests: async (after, limit) =>
      TASKS.map((taskId, index) => ({
        taskId,
        buildRequestId: index + 1,
        createdAt: 0,
        createdForRunId: 0,
      }))
        .filter(({ buildRequestId }) => buildRequestId > after)
        .slice(0, limit),
  } as Pick<Buildbot, 'readSnapshots' | 'readSnapshot' | 'listMarkedOpenRequests'> as Buildbot;

  const store = {
    readPage: async (limit, after) => {
      const rest = after === undefined ? TASKS : TASKS.slice(TASKS.indexOf(after) + 1);
      const tasks = rest.slice(0, limit).map((taskId) => ({ taskId, buildRequestId: null }));
      return { tasks, next: rest.length > limit ? tasks.at(-1)!.taskId : undefined } as never;
    },
    listBuildRequestIds: async () => [],
    findByTaskIds: async () => [],
    findByBuildRequestIds: async () => [],
    track: async () => ({ task: {}, created: true }) as never,
  } as Pick<
    TaskStore,
    'readPage' | 'listBuildRequestIds' | 'findByTaskIds' | 'findByBuildRequestIds' | 'track'
  > as TaskStore;

  const walk = () => {
    const walks = new SharedWalks(store, {} as WalkStore, clock, configuration);
    const step = new TrackedTasksStep(queue, buildbot, walks, reconciler, brake, clock, configuration);
    return step.run({ begun: Infinity, interval: 60 });
  };

  async function* listed(): AsyncGenerator<ListedRun> {
    for (const taskId of TASKS) yield { taskId, definition: { payload: {} } } as ListedRun;
  }

  it('are four for each connection where they are tracked', async () => {
    await walk();
    expect({ done, most }).toEqual({ done: TASKS, most: 4 });
  });

  it('are not started after a stop', async () => {
    // Three are under way at that moment, and come to their end.
    stopsAfter = BATCH - 3;
    await walk();
    expect(done).toEqual(TASKS.slice(0, BATCH));
    stopsAfter = 0;
    await walk();
    expect(done).toHaveLength(BATCH);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'listed runs',
      () => new MissedRunsStep(store, buildbot, reconciler, policy, configuration).reconcileListed(listed()),
    ],
    [
      'orphans',
      () =>
        new OrphanRequestsStep(queue, buildbot, store, clock, reconciler, policy, brake, configuration).run(
          Promise.resolve(),
        ),
    ],
  ])('are as many as configured for untracked %s', async (_, reconcileListed) => {
    await reconcileListed();
    expect({ done: done.sort(), most }).toEqual({ done: TASKS.toSorted(), most: 3 });
  });

  it('are reconciled even when the rest of the list cannot be read', async () => {
    async function* broken(): AsyncGenerator<ListedRun> {
      yield* listed();
      throw new Unavailable('taskcluster', 'the second page');
    }
    const runs = new MissedRunsStep(store, buildbot, reconciler, policy, configuration);
    await expect(runs.reconcileListed(broken())).rejects.toThrow('the second page');
    expect(done.sort()).toEqual(TASKS.toSorted());
  });

  it('are left out while their builder has no room, of pending runs alone', async () => {
    async function* of(...names: unknown[]): AsyncGenerator<ListedRun> {
      for (const [index, buildername] of names.entries())
        yield { taskId: TASKS[index], definition: { payload: { buildername }, scopes: [] } } as never;
    }
    const rooms: Record<string, () => Promise<boolean>> = {
      full: async () => false,
      free: async () => true,
      unknown: () => Promise.reject(new Unavailable('buildbot', 'away')),
    };
    const limited = { hasRoomFor: (name: string) => rooms[name]!() } as Buildbot;
    const runs = new MissedRunsStep(store, limited, reconciler, policy, configuration);
    await runs.reconcilePending(of('full', 'free', 'unknown', 7, 'paused'));
    expect(done.splice(0).sort()).toEqual(TASKS.slice(1, 4));
    await runs.reconcileListed(of('full'));
    expect(done).toEqual([TASKS[0]]);
  });

  it('are no longer listed after a stop', async () => {
    let asked = 0;
    async function* endless(): AsyncGenerator<ListedRun> {
      for (; asked < 1000; asked++) yield* listed();
    }
    stopsAfter = 1;
    await new MissedRunsStep(store, buildbot, reconciler, policy, configuration).reconcileListed(endless());
    // The first two fill a batch; those under way at that moment come to their end.
    expect({ asked, done: done.length }).toEqual({ asked: 0, done: 3 });
    stopsAfter = 0;
    await new MissedRunsStep(store, buildbot, reconciler, policy, configuration).reconcileListed(endless());
    expect({ asked, done: done.length }).toEqual({ asked: 0, done: 3 });
  });

  it('are looked for beyond the first page of open requests', async () => {
    const tracked = Array.from({ length: 5000 }, (_, index) => index + 1);
    const open = [...tracked, 5001].map((buildRequestId) => ({
      taskId: `task-${buildRequestId}`,
      buildRequestId,
      createdAt: 0,
      createdForRunId: 0,
    }));
    const many = {
      ...buildbot,
      listMarkedOpenRequests: async (after: number, limit: number) => open.slice(after, after + limit),
    } as Buildbot;
    const rows = {
      ...store,
      listBuildRequestIds: async (after: number) => tracked.slice(after),
    } as Partial<TaskStore> as TaskStore;
    const step = new OrphanRequestsStep(queue, many, rows, clock, reconciler, policy, brake, configuration);
    await step.run(Promise.resolve());
    expect(done).toEqual(['task-5001']);
  });

  it('are found among open requests however many rows of other requests lie between', async () => {
    const tracked = Array.from({ length: 12_000 }, (_, index) => index + 1).filter((id) => id % 4000 !== 13);
    const many = {
      ...buildbot,
      listMarkedOpenRequests: async (after: number) =>
        [13, 14, 4013, 8013, 8014, 12_001, 12_002]
          .filter((id) => id > after)
          .map((id) => ({ taskId: `task-${id}`, buildRequestId: id, createdAt: 0, createdForRunId: 0 })),
    } as Partial<Buildbot> as Buildbot;
    const rows = {
      ...store,
      listBuildRequestIds: async (after: number, limit: number) =>
        tracked.filter((id) => id > after).slice(0, limit),
    } as Partial<TaskStore> as TaskStore;
    const step = new OrphanRequestsStep(queue, many, rows, clock, reconciler, policy, brake, configuration);
    await step.run(Promise.resolve());
    expect(done).toEqual([13, 4013, 8013, 12_001, 12_002].map((id) => `task-${id}`));
  });
});
