import { beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import type { Buildbot, RequestSnapshot, TaskQueue, TaskStatus, TaskStore, TrackedTask } from '@bbb/rules';
import type { Given, Reconciler } from '@bbb/reconciler';
import { row } from '../../../libs/rules/src/testing/observations.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';

Logger.overrideLogger(false);

const ROWS: TrackedTask[] = Array.from({ length: 60 }, (_, index) =>
  row({ taskId: `task-${index}`, buildRequestId: index + 1 }),
);

describe('tracked tasks of which many are missing at once', () => {
  let doubts: Set<boolean | undefined>;
  let tasks: Set<string>;
  let snapshots: Map<number, RequestSnapshot>;
  let step: TrackedTasksStep;

  const lose = <Key>(from: { delete(key: Key): boolean }, keys: readonly Key[]) =>
    keys.forEach((key) => from.delete(key));
  const pass = async () => {
    doubts = new Set();
    await step.run(new Set());
    return [...doubts];
  };

  beforeEach(() => {
    tasks = new Set(ROWS.map(({ taskId }) => taskId));
    snapshots = new Map(
      ROWS.map(({ taskId, buildRequestId }) => [
        buildRequestId!,
        { key: { taskId, createdForRunId: 0 } } as RequestSnapshot,
      ]),
    );
    const queue = {
      statuses: async (ids: readonly string[]) =>
        new Map(ids.flatMap((id) => (tasks.has(id) ? [[id, {} as TaskStatus]] : []))),
    } as Pick<TaskQueue, 'statuses'> as TaskQueue;
    const store = {
      page: async () => ({ tasks: ROWS, next: undefined }),
    } as unknown as TaskStore;
    const buildbot = { snapshots: async () => snapshots } as Pick<Buildbot, 'snapshots'> as Buildbot;
    const reconciler = {
      isStopping: false,
      reconcile: async (_taskId: string, { absenceDoubted }: Given) => {
        doubts.add(absenceDoubted);
        return 'wait';
      },
    } as Pick<Reconciler, 'isStopping' | 'reconcile'> as Reconciler;
    step = new TrackedTasksStep(queue, buildbot, store, reconciler, {
      taskcluster: { maxConnections: 5 },
      reflector: { batch: 900, missingLimit: 10 },
    } as Configuration);
  });

  it('are believed to be so while they are few', async () => {
    lose(
      snapshots,
      ROWS.slice(0, 12).map(({ buildRequestId }) => buildRequestId!),
    );
    expect(await pass()).toEqual([false]);
    expect(step.problem()).toBeUndefined();
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
  ])('are doubted from the first row on when there are no %s', async (_what, happens) => {
    happens();
    expect(await pass()).toEqual([true]);
    expect(step.problem()).toMatch(/^60 of 60 tracked tasks are missing/);
  });

  it('are believed again in the pass after the first in which they are few', async () => {
    const all = new Map(snapshots);
    snapshots.clear();
    await pass();
    for (const [id, snapshot] of all) snapshots.set(id, snapshot);
    expect(await pass()).toEqual([true]);
    expect(step.problem()).toBeUndefined();
    expect(await pass()).toEqual([false]);
  });
});
