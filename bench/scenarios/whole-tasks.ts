import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../figures.js';
import { createLogUploaded, createStarted, createTaskPending } from '../systems/messages.js';
import type { BuiltTask } from '../systems/farm.js';
import type { Reading } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';
import { mustBe, type Scenario } from './scenario.js';

/** Tasks that become pending at once. */
const TASKS = 600;

/** Tasks before those that are measured: the first ones of a process are also compiled. */
const WARM_UP = 200;

/** Milliseconds between two looks at what has happened, which are the resolution of the times. */
const LOOK = 20;

/** Epoch milliseconds of one task. */
interface Times {
  pending: number;
  requested?: number;
  ended?: number;
  resolved?: number;
}

/** Whole tasks through all three services: each is built as soon as it is requested, and ends as soon as it is claimed. */
export const wholeTasks: Scenario = async (stage) => {
  const services = [
    await stage.start('tc-listener'),
    await stage.start('bb-listener'),
    await stage.start('reflector'),
  ];
  const readAll = () => Promise.all(services.map((service) => service.read()));
  await runTasks(stage, WARM_UP);
  await Promise.all(services.map((service) => service.waitUntilSettled()));
  const before = await readAll();
  const times = await runTasks(stage, TASKS);
  const after = await readAll();
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { completed: WARM_UP + TASKS });
  const memory = await Promise.all(services.map((service) => service.readMemory()));

  const lasted = Math.max(...times.map(({ resolved }) => resolved!)) - times[0]!.pending;
  const used = (name: keyof Reading) =>
    after.reduce((total, reading, index) => total + reading[name] - before[index]![name], 0) / TASKS;
  return {
    'tasks/s': TASKS / (lasted / 1000),
    'cpu s/1000': used('cpu') * 1000,
    'http/task': used('http'),
    'bridge sql/task': used('bridgeDb'),
    'scheduler sql/task': used('schedulerDb'),
    ...describeTimes(
      'pending to request',
      times.map(({ pending, requested }) => requested! - pending),
    ),
    ...describeTimes(
      'end to resolution',
      times.map(({ ended, resolved }) => resolved! - ended!),
    ),
    'peak MB': Math.max(...memory.map(({ peak }) => peak)),
  };
};

async function runTasks(stage: Stage, count: number): Promise<Times[]> {
  const tasks = await stage.taskcluster.ask({ ask: 'create', count });
  const pending = Date.now();
  const times = new Map(tasks.map(({ taskId }): [string, Times] => [taskId, { pending }]));
  const built = new Map<string, BuiltTask>();
  await Promise.all(tasks.map((task) => stage.publish(createTaskPending(task))));
  for (let left = count; left > 0; await sleep(LOOK)) {
    const begun = await stage.farm.begin(tasks);
    for (const task of begun) {
      times.get(task.taskId)!.requested = Date.now();
      built.set(task.taskId, task);
    }
    await Promise.all(begun.map((task) => stage.publish(createStarted(task))));

    const changes = await stage.taskcluster.ask({ ask: 'changes' });
    const claimed = changes
      .filter(({ state }) => state === 'running')
      .map(({ taskId }) => built.get(taskId)!);
    if (claimed.length > 0) await stage.farm.finish(claimed);
    for (const { taskId } of claimed) times.get(taskId)!.ended = Date.now();
    await Promise.all(claimed.map((task) => stage.publish(createLogUploaded(task))));

    for (const { taskId, state, resolved } of changes) {
      if (state !== 'completed') continue;
      times.get(taskId)!.resolved = resolved!;
      left--;
    }
  }
  while ((await stage.farm.countTracked()) > 0) await sleep(LOOK);
  return [...times.values()];
}

/** Seconds below which a half, and 99 of 100, of the times are. */
function describeTimes(name: string, milliseconds: number[]): Figures {
  const sorted = milliseconds.sort((one, other) => one - other);
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]! / 1000;
  return { [`${name} p50 s`]: at(0.5), [`${name} p99 s`]: at(0.99) };
}
