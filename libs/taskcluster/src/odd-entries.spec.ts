import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { TaskclusterSimulator } from '../../../sandbox/taskcluster/index.js';
import { TaskclusterQueue } from './index.js';
import { createOptions } from './testing/options.js';

/** What tomorrow's queue, or a broken one, may put in the place of an entry. */
const ODD = fc.oneof(
  fc.jsonValue(),
  fc.record({ taskId: fc.string(), status: fc.jsonValue(), task: fc.jsonValue(), runId: fc.jsonValue() }),
  fc.constantFrom('state', 'deadline', 'runs', 'created', 'taskQueueId').map((key) => ({ without: key })),
);

describe('one malformed entry in a batch', () => {
  let simulator: TaskclusterSimulator;
  let queue: TaskclusterQueue;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(async () => {
    simulator = await new TaskclusterSimulator().start();
    queue = new TaskclusterQueue(createOptions(simulator, { timeout: 60, retries: 0, callDeadline: 60 }));
  });
  afterEach(async () => {
    queue.close();
    await simulator.stop();
  });

  it('does not affect the other statuses, definitions and list entries', async () => {
    const taskIds = Array.from({ length: 4 }, () => simulator.createTask());
    await fc.assert(
      fc.asyncProperty(fc.nat(3), ODD, async (at, odd) => {
        const entries = taskIds.map((taskId) => ({
          taskId,
          runId: 0,
          status: simulator.state.status(taskId),
          task: simulator.state.task(taskId),
        }));
        const spoiled = entries.map((entry, index) => (index === at ? spoil(entry, odd) : entry));
        const statuses = spoiled.map((entry) => entry && pick(entry, ['taskId', 'status']));
        const tasks = spoiled.map((entry) => entry && pick(entry, ['taskId', 'runId', 'task']));
        simulator.faults = ({ method }) => {
          if (method === 'statuses') return { reply: { statuses } };
          if (method === 'tasks' || method === 'listPendingTasks') return { reply: { tasks } };
          return 'pass';
        };
        const read = await queue.readStatuses(taskIds);
        const definitions = await Promise.all(taskIds.map((taskId) => queue.readDefinition(taskId)));
        const listed: string[] = [];
        for await (const { taskId } of queue.listPending()) listed.push(taskId);
        taskIds.forEach((taskId, index) => {
          // Read alone, the odd one is as good as the others.
          expect(read.get(taskId)).toMatchObject({ taskId });
          expect(definitions[index]).toMatchObject({ taskQueueId: 'buildbot-bridge/buildbot-bridge' });
          if (index !== at) expect(listed).toContain(taskId);
        });
      }),
      { numRuns: 60 },
    );
  });
});

type Entry = Record<string, unknown>;

/** The odd value in the entry's place, or the entry without one of its fields. */
function spoil(entry: Entry, odd: unknown): unknown {
  const without = (odd as { without?: unknown } | null)?.without;
  if (typeof without !== 'string') return odd;
  const left = (value: unknown) =>
    Object.fromEntries(Object.entries(value as Entry).filter(([key]) => key !== without));
  return { ...entry, status: left(entry.status), task: left(entry.task) };
}

function pick(entry: unknown, keys: readonly string[]): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry;
  return Object.fromEntries(Object.entries(entry).filter(([key]) => keys.includes(key)));
}
