import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { TaskDefinition } from '@bbb/rules';
import { TaskclusterSimulator } from '../../../sandbox/taskcluster/index.js';
import { TaskclusterQueue } from './index.js';
import { createOptions } from './testing/options.js';

const LARGE = { buildername: 'large', filler: 'x'.repeat(3_000_000) };

/** Larger than any task of Taskcluster's can become by being written in another form. */
const HUGE = { buildername: 'huge', filler: 'x'.repeat(66_000_000) };

describe('large tasks', () => {
  let simulator: TaskclusterSimulator;
  let queue: TaskclusterQueue;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(async () => {
    simulator = await new TaskclusterSimulator().start();
    queue = new TaskclusterQueue(
      createOptions(simulator, { timeout: 60, retries: 0, maxConnections: 10, callDeadline: 60 }),
    );
  });
  afterEach(async () => {
    queue.close();
    await simulator.stop();
  });

  const create = (count: number, payload: Record<string, unknown>) =>
    Array.from({ length: count }, () => simulator.createTask({ payload }));

  it('hold up no other task that is read at the same time', async () => {
    const large = create(20, LARGE);
    const others = create(5, { buildername: 'other' });
    const order: string[] = [];
    const read = async (taskId: string) => {
      const definition = await queue.readDefinition(taskId);
      order.push((definition?.payload as { buildername: string }).buildername);
      return definition;
    };
    const definitions = await Promise.all([...large, ...others].map(read));
    expect(definitions.slice(0, 20).every((each) => each?.isAbridged)).toBe(true);
    // Read in the order of the questions, they would be the last.
    expect(order.slice(0, 15).filter((name) => name === 'other')).toHaveLength(5);
  });

  it('are claimed, although the answer is asked for twice', async () => {
    const [taskId] = create(1, LARGE);
    const { status } = await queue.claim({ taskId: taskId!, runId: 0 });
    expect(status.state).toBe('running');
    expect(simulator.calls.count('claimTask')).toBe(2);
    expect(queue.findProblem()).toBeUndefined();
  });

  it('hide no task behind them in a list, however large they are', async () => {
    const before = create(2, { buildername: 'b' });
    const [huge] = create(1, HUGE);
    const after = create(3, { buildername: 'b' });
    const listed: [string, TaskDefinition][] = [];
    for await (const { taskId, definition } of queue.listPending()) listed.push([taskId, definition]);
    expect(listed.map(([taskId]) => taskId)).toEqual([...before, huge, ...after]);
    expect(listed[2]?.[1]).toMatchObject({ payload: { buildername: 'huge' }, isAbridged: true });
  });

  it('are abridged in a list from a smaller size on than when they are read alone', async () => {
    const payload = { buildername: 'b', filler: 'x'.repeat(20_000) };
    const scopes = Array.from({ length: 1000 }, (_, index) => `a-scope-of-no-meaning:${index}`);
    const taskIds = [simulator.createTask({ payload }), simulator.createTask({ payload: {}, scopes })];
    const listed: TaskDefinition[] = [];
    for await (const { definition } of queue.listPending()) listed.push(definition);
    expect(listed).toMatchObject([{ payload: { buildername: 'b' }, isAbridged: true }, { isAbridged: true }]);
    const alone = await Promise.all(taskIds.map((taskId) => queue.readDefinition(taskId)));
    expect(alone[0]).toMatchObject({ payload });
    expect(alone[1]).toMatchObject({ scopes });
    expect(alone.some((each) => each?.isAbridged)).toBe(false);
  });
});
