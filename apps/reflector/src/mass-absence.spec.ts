import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  type MarkedRequest,
  type RequestSnapshot,
  type TaskQueue,
  type TaskStatus,
  type TrackedTask,
  Unavailable,
} from '@bbb/rules';
import { row } from '../../../libs/rules/src/testing/observations.js';
import type { MemoryPassStore } from '../../../test/support/doubles/memory-pass-store.js';
import type { AbsenceBrake } from './absence-brake.service.js';
import { makeSteps, PASS, type Surroundings } from './testing/make-steps.js';
import type { TrackedTasksStep } from './tracked-tasks-step.service.js';

const ROWS: TrackedTask[] = Array.from({ length: 60 }, (_, index) =>
  row({ taskId: `task-${index}`, buildRequestId: index + 1 }),
);
const PAGE = 20;

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
  };
  const steps = (changes: Surroundings) =>
    makeSteps({ configuration, reflector: { batch: PAGE }, ...changes });

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
    ({
      tracked: step,
      passes,
      brake,
    } = steps({
      queue: { readStatuses: (ids) => readStatuses(ids) },
      store: {
        readPage: async (_limit, after = '0') => {
          const from = Number(after);
          const next = from + PAGE < ROWS.length ? String(from + PAGE) : undefined;
          return { tasks: ROWS.slice(from, from + PAGE), next };
        },
      },
      buildbot: { readSnapshots: async () => snapshots },
      reconciler: {
        isStopping: false,
        reconcile: async (taskId, { absenceDoubted } = {}) => {
          doubted.set(taskId, absenceDoubted);
          return 'wait';
        },
      },
    }));
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
    const { orphans } = steps({
      passes,
      queue: {
        readStatus: async () => {
          asked++;
          return undefined;
        },
      },
      buildbot: {
        listMarkedOpenRequests: async (after): Promise<MarkedRequest[]> => (after === 0 ? open : []),
        readSnapshots: async () => new Map(),
      },
      store: { findByBuildRequestIds: async () => [] },
    });
    await orphans.run(Promise.resolve());
    expect(asked).toBe(expected);
  });
});
