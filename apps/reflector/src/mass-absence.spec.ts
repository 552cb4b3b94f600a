import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import {
  type Buildbot,
  BuilderPolicy,
  type MarkedRequest,
  type RequestSnapshot,
  type TaskQueue,
  type TaskStatus,
  type TaskStore,
  type TrackedTask,
  Unavailable,
  type WalkStore,
} from '@bbb/rules';
import type { Given, Reconciler } from '@bbb/reconciler';
import { row } from '../../../libs/rules/src/testing/observations.js';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../test/support/doubles/memory-pass-store.js';
import { AbsenceBrake } from './absence-brake.service.js';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { SharedWalks } from './walk/shared-walks.service.js';

Logger.overrideLogger(false);

const ROWS: TrackedTask[] = Array.from({ length: 60 }, (_, index) =>
  row({ taskId: `task-${index}`, buildRequestId: index + 1 }),
);
const PAGE = 20;
const PASS = { begun: Infinity, interval: 60 };

describe('tracked tasks of which many are missing at once', () => {
  let doubted: Map<string, boolean | undefined>;
  let tasks: Set<string>;
  let snapshots: Map<number, RequestSnapshot>;
  let step: TrackedTasksStep;
  let passes: MemoryPassStore;
  let brake: AbsenceBrake;
  let readStatuses: TaskQueue['readStatuses'];

  const listIds = (rows: readonly TrackedTask[]) => rows.map(({ buildRequestId }) => buildRequestId!);
  const lose = <Key>(from: { delete(key: Key): boolean }, keys: readonly Key[]) =>
    keys.forEach((key) => from.delete(key));
  const pass = async () => {
    doubted = new Map();
    await step.run(PASS);
    return [...new Set(doubted.values())];
  };
  const configuration = {
    taskcluster: {
      maxConnections: 5,
      rootUrl: 'https://tc.example.com',
      provisionerId: 'p',
      workerType: 'w',
    },
    schedulerDb: { url: 'mysql://bridge:hidden@db.example.com/scheduler' },
    bridgeDb: { url: 'sqlite:////var/lib/bridge.db' },
    reflector: { batch: PAGE, missingLimit: 10, orphanGrace: 0, concurrency: 1 },
  } as Configuration;

  beforeEach(() => {
    tasks = new Set(ROWS.map(({ taskId }) => taskId));
    snapshots = new Map(
      ROWS.map(({ taskId, buildRequestId }) => [
        buildRequestId!,
        { key: { taskId, createdForRunId: 0 } } as RequestSnapshot,
      ]),
    );
    readStatuses = async (ids: readonly string[]) =>
      new Map(ids.flatMap((id) => (tasks.has(id) ? [[id, { runs: [] } as unknown as TaskStatus]] : [])));
    const queue = {
      readStatuses: (ids: readonly string[]) => readStatuses(ids),
    } as Pick<TaskQueue, 'readStatuses'> as TaskQueue;
    const store = {
      readPage: async (_limit: number, after = '0') => {
        const from = Number(after);
        const next = from + PAGE < ROWS.length ? String(from + PAGE) : undefined;
        return { tasks: ROWS.slice(from, from + PAGE), next };
      },
    } as Pick<TaskStore, 'readPage'> as TaskStore;
    const buildbot = { readSnapshots: async () => snapshots } as Pick<Buildbot, 'readSnapshots'> as Buildbot;
    const reconciler = {
      isStopping: false,
      selectUnsettled: (batch) => [...batch],
      reconcile: async (taskId: string, { absenceDoubted }: Given) => {
        doubted.set(taskId, absenceDoubted);
        return 'wait';
      },
    } as Pick<Reconciler, 'isStopping' | 'selectUnsettled' | 'reconcile'> as Reconciler;
    passes = new MemoryPassStore();
    brake = new AbsenceBrake(passes, new ManualClock(), configuration);
    const walks = new SharedWalks(store, {} as WalkStore, new ManualClock(), configuration);
    step = new TrackedTasksStep(queue, buildbot, walks, reconciler, brake, new ManualClock(), configuration);
  });

  it('are acted on while they are few', async () => {
    lose(snapshots, listIds(ROWS.slice(0, 12)));
    expect(await pass()).toEqual([undefined, false]);
    expect(await brake.isOn()).toBe(false);
  });

  it.each<[string, () => void]>([
    ['requests', () => snapshots.clear()],
    ['tasks', () => tasks.clear()],
    [
      'requests that are the rows’ own',
      () => {
        for (const [id, snapshot] of snapshots)
          snapshots.set(id, { ...snapshot, key: { taskId: 'other', createdForRunId: 0 } });
      },
    ],
  ])('are doubted, for every instance, when there are no %s', async (_what, happens) => {
    happens();
    expect(await pass()).toEqual([true]);
    expect(await passes.read()).toMatchObject({ seen: 60, missing: 60 });
    expect(await brake.isOn()).toBe(true);
  });

  it('are counted to the last page before any of them is reconciled', async () => {
    lose(snapshots, listIds([ROWS[0]!, ...ROWS.slice(45)]));
    await pass();
    expect(doubted.get('task-0')).toBe(true);
    expect([...doubted.keys()].slice(0, 44)).toEqual(ROWS.slice(1, 45).map(({ taskId }) => taskId));
    expect(doubted.size).toBe(60);
  });

  it('are doubted, but still reconciled, when not all rows can be counted', async () => {
    lose(snapshots, [1]);
    let asked = 0;
    const read = readStatuses;
    readStatuses = async (ids) => {
      if (++asked === 2) throw new Unavailable('taskcluster', 'no answer');
      return read(ids);
    };
    await expect(pass()).rejects.toThrow('no answer');
    expect(doubted.get('task-0')).toBe(true);
    expect(doubted.size).toBe(PAGE);
    expect(await brake.isOn()).toBe(false);
  });

  it('are acted on again in the first pass in which they are few', async () => {
    const all = new Map(snapshots);
    snapshots.clear();
    await pass();
    for (const [id, snapshot] of all) if (id > 1) snapshots.set(id, snapshot);
    await pass();
    expect(doubted.get('task-0')).toBe(false);
    expect(await brake.isOn()).toBe(false);
  });

  it('are acted on when an operator has confirmed them, until many more are missing', async () => {
    lose(snapshots, listIds(ROWS.slice(0, 30)));
    await pass();
    expect(await passes.confirmMissing(30)).toBe(true);
    await pass();
    expect(doubted.get('task-0')).toBe(false);
    snapshots.clear();
    expect(await pass()).toEqual([true]);
  });

  it('are logged with the systems that were asked, and without secrets', async () => {
    const error = jest.spyOn(Logger.prototype, 'error');
    snapshots.clear();
    await pass();
    expect(error).toHaveBeenCalledWith(
      {
        seen: 60,
        missing: 60,
        'taskcluster.rootUrl': 'https://tc.example.com',
        taskQueueId: 'p/w',
        buildbot_scheduler_db: 'mysql://db.example.com:3306/scheduler',
        bbb_db: 'sqlite:////var/lib/bridge.db',
      },
      expect.stringMatching(/missing confirm/),
    );
    error.mockRestore();
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('keep orphans from being adopted while they are doubted: %s', async (isDoubted, expected) => {
    if (isDoubted) snapshots.clear();
    await pass();
    let asked = 0;
    const open = [{ taskId: 'task', buildRequestId: 99, createdAt: 0, createdForRunId: 0 }];
    const orphans = new OrphanRequestsStep(
      {
        readStatus: async () => {
          asked++;
          return undefined;
        },
        readClockOffset: () => undefined,
      } as Pick<TaskQueue, 'readStatus' | 'readClockOffset'> as TaskQueue,
      {
        listMarkedOpenRequests: async (after: number): Promise<MarkedRequest[]> => (after === 0 ? open : []),
        readSnapshots: async () => new Map(),
      } as Pick<Buildbot, 'listMarkedOpenRequests' | 'readSnapshots'> as Buildbot,
      {
        listBuildRequestIds: async () => [],
        findByBuildRequestIds: async () => [],
      } as Pick<TaskStore, 'listBuildRequestIds' | 'findByBuildRequestIds'> as TaskStore,
      new ManualClock(),
      { isStopping: false } as Reconciler,
      new BuilderPolicy({ restricted: [], ignored: [] }),
      brake,
      configuration,
    );
    await orphans.run(Promise.resolve());
    expect(asked).toBe(expected);
  });
});
