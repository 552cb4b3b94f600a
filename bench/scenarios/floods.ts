import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../figures.js';
import { createLogUploaded, type Message, createStarted, createTaskPending } from '../systems/messages.js';
import type { Service } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';
import { mustBe, type Scenario } from './scenario.js';

/** 20 000 messages within a minute; PulseGuardian warns of a queue of 2000 and deletes one of 8000. */
const MESSAGES = 20_000;
const SECONDS = 60;

/** A flood of pending tasks, each scheduled when it is told of. */
export const floodPending: Scenario = async (stage) => {
  const service = await stage.start('tc-listener');
  const figures = await flood(stage, service, 'task-pending', async (count) => {
    const tasks = await stage.taskcluster.ask({ ask: 'create', count });
    return tasks.map(createTaskPending);
  });
  mustBe('build requests', await stage.farm.countRequests(), MESSAGES);
  return figures;
};

/** A flood of ended builds. */
export const floodFinished: Scenario = async (stage) => {
  const service = await stage.start('bb-listener');
  const tasks = await stage.farm.addBuilt(await stage.taskcluster.ask({ ask: 'create', count: MESSAGES }));
  for (let at = 0; at < tasks.length; at += 1000) {
    await Promise.all(tasks.slice(at, at + 1000).map((task) => stage.publish(createStarted(task))));
    await service.waitUntil(({ handled }) => handled >= Math.min(at + 1000, MESSAGES));
  }
  await stage.farm.finish(tasks);
  const figures = await flood(stage, service, 'log_uploaded', async (count) =>
    tasks.splice(0, count).map(createLogUploaded),
  );
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { completed: MESSAGES });
  return figures;
};

async function flood(
  stage: Stage,
  service: Service,
  queue: string,
  next: (count: number) => Promise<Message[]>,
): Promise<Figures> {
  const { handled } = await service.read();
  const begun = performance.now();
  let deepest = 0;
  let published = 0;
  while (published < MESSAGES) {
    const due = Math.min(MESSAGES, Math.ceil(((performance.now() - begun) / 1000 / SECONDS) * MESSAGES));
    await Promise.all((await next(due - published)).map((message) => stage.publish(message)));
    published = due;
    deepest = Math.max(deepest, await stage.countWaiting(queue));
    await sleep(100);
  }
  const published60 = (performance.now() - begun) / 1000;
  await service.waitUntil((reading) => reading.handled >= handled + MESSAGES);
  return {
    'published in s': published60,
    'handled in s': (performance.now() - begun) / 1000,
    'most waiting': deepest,
    'peak MB': (await service.readMemory()).peak,
  };
}
