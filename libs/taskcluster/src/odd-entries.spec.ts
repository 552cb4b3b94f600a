import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { TaskclusterSimulator } from '../../../sandbox/taskcluster/index.js';
import { expectOthersUnharmed } from '../../../test/support/odd-items.js';
import { TaskclusterQueue } from './index.js';
import { createOptions } from './testing/options.js';

describe('one malformed entry in a batch does not affect the others', () => {
  let simulator: TaskclusterSimulator;
  let queue: TaskclusterQueue;
  let taskIds: string[];

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(async () => {
    simulator = await new TaskclusterSimulator().start();
    queue = new TaskclusterQueue(createOptions(simulator, { timeout: 60, retries: 0, callDeadline: 60 }));
    taskIds = Array.from({ length: 4 }, () => simulator.createTask());
  });
  afterEach(async () => {
    queue.close();
    await simulator.stop();
  });

  /** Lets a method answer with these entries. */
  const answer = (method: string, key: 'statuses' | 'tasks', entries: readonly unknown[]) => {
    simulator.faults = (call) => (call.method === method ? { reply: { [key]: entries } } : 'pass');
  };
  const statusOf = (taskId: string) => ({ taskId, status: simulator.state.status(taskId) });
  const taskOf = (taskId: string) => ({ taskId, runId: 0, task: simulator.state.task(taskId) });

  /** All tasks are read: the odd one, and no other, alone and not in the batch. */
  async function readAll(method: 'status' | 'task', read: () => Promise<ReadonlyMap<string, unknown>>) {
    const before = simulator.calls.count(method);
    const found = await read();
    expect([...found.keys()].sort()).toEqual([...taskIds].sort());
    expect(simulator.calls.count(method) - before).toBeLessThanOrEqual(1);
    return found;
  }

  it('among statuses', () =>
    expectOthersUnharmed({
      ids: taskIds,
      itemOf: statusOf,
      read: (entries) => {
        answer('statuses', 'statuses', entries);
        return readAll('status', () => queue.readStatuses(taskIds));
      },
    }));

  it('among definitions', () =>
    expectOthersUnharmed({
      ids: taskIds,
      itemOf: taskOf,
      read: (entries) => {
        answer('tasks', 'tasks', entries);
        return readAll('task', async () => {
          const all = await Promise.all(taskIds.map((taskId) => queue.readDefinition(taskId)));
          return new Map(all.flatMap((each, index) => (each ? [[taskIds[index]!, each]] : [])));
        });
      },
    }));

  it('among the entries of a list', () =>
    expectOthersUnharmed({
      ids: taskIds,
      itemOf: taskOf,
      read: async (entries) => {
        answer('listPendingTasks', 'tasks', entries);
        const listed = new Map<string, unknown>();
        for await (const entry of queue.listPending()) listed.set(entry.taskId, entry);
        return listed;
      },
    }));
});
