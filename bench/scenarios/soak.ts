import { createLogUploaded, createStarted, createTaskPending } from '../systems/messages.js';
import { mustBe, type Scenario } from './scenario.js';

/** 200 000 events, in rounds of tasks that become pending, are built, and end. */
const EVENTS = 200_000;
const TASKS = 500;

/** Memory of both listeners over a long time: after a quarter of the events, and at their end. */
export const soak: Scenario = async (stage) => {
  const tcListener = await stage.start('tc-listener');
  const bbListener = await stage.start('bb-listener');
  const services = [tcListener, bbListener];
  const rounds = Math.ceil(EVENTS / (3 * TASKS));
  const memory: number[][] = [];
  for (let round = 1; round <= rounds; round++) {
    const tasks = await stage.taskcluster.ask({ ask: 'create', count: TASKS });
    await Promise.all(tasks.map((task) => stage.publish(createTaskPending(task))));
    await tcListener.waitUntil(({ handled }) => handled >= round * TASKS);
    const built = await stage.farm.begin(tasks);
    await Promise.all(built.map((task) => stage.publish(createStarted(task))));
    await bbListener.waitUntil(({ handled }) => handled >= (2 * round - 1) * TASKS);
    await stage.farm.finish(built);
    await Promise.all(built.map((task) => stage.publish(createLogUploaded(task))));
    await bbListener.waitUntil(({ handled }) => handled >= 2 * round * TASKS);
    memory.push(await Promise.all(services.map(async (service) => (await service.readMemory()).now)));
  }
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { completed: rounds * TASKS });
  mustBe('tracked rows', await stage.farm.countTracked(), 0);
  const highest = (index: number, from: number, to: number) =>
    Math.max(
      ...memory.slice(Math.floor(from * rounds), Math.ceil(to * rounds)).map((sizes) => sizes[index]!),
    );
  return {
    events: rounds * TASKS * 3,
    'tc-listener MB, 2nd quarter': highest(0, 0.25, 0.5),
    'tc-listener MB, 4th quarter': highest(0, 0.75, 1),
    'bb-listener MB, 2nd quarter': highest(1, 0.25, 0.5),
    'bb-listener MB, 4th quarter': highest(1, 0.75, 1),
  };
};
