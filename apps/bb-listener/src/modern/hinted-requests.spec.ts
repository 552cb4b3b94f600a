import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Buildbot, type TaskQueue, type TaskStore, Unavailable } from '@bbb/rules';
import type { Reconciler } from '@bbb/reconciler';
import { eventually } from '../../../../test/support/eventually.js';
import { HintedRequests } from './hinted-requests.js';

beforeAll(() => Logger.overrideLogger(false));

describe('HintedRequests', () => {
  let requests: HintedRequests;
  let reconciled: string[];
  let reads: number[][];
  let snapshots: Map<number, object>;
  let isStopping: boolean;

  /** Of the requests 1 to 900, each has a row and a task. */
  const row = (id: number) => ({ taskId: `task-${id}`, buildRequestId: id });
  const isTracked = (id: number) => id >= 1 && id <= 900;

  beforeEach(() => {
    reconciled = [];
    reads = [];
    isStopping = false;
    snapshots = new Map(
      Array.from({ length: 900 }, (_, index) => [index + 1, { buildRequestId: index + 1 }]),
    );
    const store = {
      findByBuildRequestIds: async (ids: readonly number[]) => ids.filter(isTracked).map(row),
      readPage: async (limit: number, after = '0') => {
        const first = Number(after) + 1;
        const tasks = Array.from({ length: limit }, (_, index) => first + index)
          .filter(isTracked)
          .map(row);
        return { tasks, ...(first + limit <= 900 ? { next: String(first + limit - 1) } : {}) };
      },
    } as unknown as TaskStore;
    const queue = {
      readStatuses: async (taskIds: readonly string[]) =>
        new Map(taskIds.map((taskId) => [taskId, { taskId }])),
    } as unknown as TaskQueue;
    const buildbot = {
      readSnapshots: async (ids: readonly number[]) => {
        reads.push([...ids]);
        return new Map(ids.flatMap((id) => (snapshots.has(id) ? [[id, snapshots.get(id)]] : [])));
      },
    } as unknown as Buildbot;
    const reconciler = {
      get isStopping() {
        return isStopping;
      },
      reconcile: async (taskId: string, given: { source: string }) => {
        expect(given.source).toBe('batched');
        reconciled.push(taskId);
        if (taskId === 'task-2') throw new Unavailable('taskcluster', 'away');
      },
    } as unknown as Reconciler;
    requests = new HintedRequests(queue, buildbot, store, reconciler);
  });

  it('looks once at requests of which several hints came, and at none of others', async () => {
    for (const id of [3, 5000, 3, 4, 3]) requests.add(id);
    await eventually(() => expect(reconciled).toEqual(['task-3', 'task-4']));
    expect(reads).toEqual([[3, 4]]);
  });

  it('goes on after a task that fails', async () => {
    for (const id of [2, 3]) requests.add(id);
    await eventually(() => expect(reconciled).toEqual(['task-2', 'task-3']));
    requests.add(4);
    await eventually(() => expect(reconciled).toContain('task-4'));
  });

  it('leaves what is missing or cannot be read to the reflector', async () => {
    snapshots.delete(3);
    snapshots.set(4, new Error('unreadable'));
    for (const id of [3, 4, 5]) requests.add(id);
    await eventually(() => expect(reconciled).toEqual(['task-5']));
  });

  it('looks at all tracked requests in pages after a connection, and when there are too many hints', async () => {
    requests.addAll();
    await eventually(() => expect(new Set(reconciled).size).toBe(900));
    expect(Math.max(...reads.map(({ length }) => length))).toBe(200);
    reconciled = [];
    for (let id = 10_000; id < 20_001; id++) requests.add(id);
    await eventually(() => expect(new Set(reconciled).size).toBe(900));
  });

  it('ends after a stop', async () => {
    isStopping = true;
    requests.add(3);
    await requests.stop();
    expect(reconciled).toEqual([]);
  });
});
