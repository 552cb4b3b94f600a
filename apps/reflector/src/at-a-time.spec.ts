import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Buildbot, type ListedRun, type TaskQueue, type TaskStore, Unavailable } from '@bbb/rules';
import { SystemClock } from '@bbb/platform';
import type { Reconciler } from '@bbb/reconciler';
import { makeSteps, PASS, type Surroundings } from './testing/make-steps.js';

const TASKS = Array.from({ length: 12 }, (_, index) => `task-${index}`);
const BATCH = 8;

describe('tasks at a time', () => {
  let done: string[];
  let most: number;
  let stopsAfter: number;
  let reconciler: Reconciler;

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
      reconcile: async (taskId: string) => {
        most = Math.max(most, ++working);
        await turn();
        working--;
        done.push(taskId);
        return 'wait';
      },
    } as Pick<Reconciler, 'isStopping' | 'reconcile'> as Reconciler;
  });

  const queue = {
    readStatus: async (taskId) => ({ taskId, taskQueueId: 'p/w', runs: [] }) as never,
    readStatuses: async () => new Map(),
  } as Pick<TaskQueue, 'readStatus' | 'readStatuses'>;

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
  } as Pick<Buildbot, 'readSnapshots' | 'readSnapshot' | 'listMarkedOpenRequests'>;

  const store = {
    readPage: async (limit, after) => {
      const rest = after === undefined ? TASKS : TASKS.slice(TASKS.indexOf(after) + 1);
      const tasks = rest.slice(0, limit).map((taskId) => ({ taskId, buildRequestId: null }));
      return { tasks, next: rest.length > limit ? tasks.at(-1)!.taskId : undefined } as never;
    },
    findByTaskIds: async () => [],
    findByBuildRequestIds: async () => [],
    track: async () => ({ task: {}, created: true }) as never,
  } as Pick<TaskStore, 'readPage' | 'findByTaskIds' | 'findByBuildRequestIds' | 'track'>;

  const steps = (changes: Surroundings = {}) =>
    makeSteps({
      ...{ queue, buildbot, store, reconciler, clock: new SystemClock() },
      configuration: { taskcluster: { provisionerId: 'p', workerType: 'w', maxConnections: 1 } },
      reflector: { concurrency: 3, batch: BATCH, missingLimit: 100 },
      ...changes,
    });
  const walk = () => steps().tracked.run(PASS);

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
    ['listed runs', () => steps().missed.reconcileListed(listed())],
    ['orphans', () => steps().orphans.run(Promise.resolve())],
  ])('are as many as configured for untracked %s', async (_, reconcileListed) => {
    await reconcileListed();
    expect({ done: done.sort(), most }).toEqual({ done: TASKS.toSorted(), most: 3 });
  });

  it('are reconciled even when the rest of the list cannot be read', async () => {
    async function* broken(): AsyncGenerator<ListedRun> {
      yield* listed();
      throw new Unavailable('taskcluster', 'the second page');
    }
    await expect(steps().missed.reconcileListed(broken())).rejects.toThrow('the second page');
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
    const runs = steps({ buildbot: { hasRoomFor: (name) => rooms[name]!() } }).missed;
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
    await steps().missed.reconcileListed(endless());
    // The first two fill a batch; those under way at that moment come to their end.
    expect({ asked, done: done.length }).toEqual({ asked: 0, done: 3 });
    stopsAfter = 0;
    await steps().missed.reconcileListed(endless());
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
    };
    const rows = { ...store, listBuildRequestIds: async (after: number) => tracked.slice(after) };
    await steps({ buildbot: many, store: rows }).orphans.run(Promise.resolve());
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
    };
    const rows = {
      ...store,
      listBuildRequestIds: async (after: number, limit: number) =>
        tracked.filter((id) => id > after).slice(0, limit),
    };
    await steps({ buildbot: many, store: rows }).orphans.run(Promise.resolve());
    expect(done).toEqual([13, 4013, 8013, 12_001, 12_002].map((id) => `task-${id}`));
  });
});
