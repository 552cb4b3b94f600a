import { setTimeout as sleep } from 'node:timers/promises';
import type { MadeTask } from '../systems/taskcluster-commands.js';
import type { BuiltTask } from '../systems/farm.js';
import type { Service } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';
import { createLogUploaded, createStarted, createTaskPending } from '../systems/messages.js';
import { computeCosts, mustBe, type Scenario } from './scenario.js';

/** Events before those that are measured: the first ones of a process are also compiled. */
const WARM_UP = 500;

/** Tasks become pending all at once: each gets a build request. */
export const pending: Scenario = async (stage, { events }) => {
  const service = await stage.start('tc-listener');
  const publish = (tasks: readonly MadeTask[]) =>
    Promise.all(tasks.map((task) => stage.publish(createTaskPending(task))));
  await publish(await stage.taskcluster.ask({ ask: 'create', count: WARM_UP }));
  await service.waitUntil(({ handled }) => handled >= WARM_UP);
  await service.waitUntilSettled();

  const tasks = await stage.taskcluster.ask({ ask: 'create', count: events });
  const before = await service.read();
  const calls = await stage.farm.countRestCalls();
  const begun = performance.now();
  await publish(tasks);
  while ((await stage.farm.countRequests()) < WARM_UP + events) await sleep(20);
  const seconds = (performance.now() - begun) / 1000;
  const after = await service.waitUntil(({ handled }) => handled >= before.handled + events);
  const rest = (await stage.farm.countRestCalls()) - calls;
  mustBe('build requests', await stage.farm.countRequests(), WARM_UP + events);
  return { ...(await computeCosts(service, before, after, events, seconds)), 'rest/event': rest / events };
};

/** Builds start all at once: each claims its task. */
export const startedBuilds: Scenario = async (stage, { events }) => {
  const service = await stage.start('bb-listener');
  await startBuilds(stage, service, WARM_UP);
  await service.waitUntilSettled();

  const made = await stage.taskcluster.ask({ ask: 'create', count: events });
  const tasks = await stage.farm.addBuilt(made);
  const before = await service.read();
  const begun = performance.now();
  await Promise.all(tasks.map((task) => stage.publish(createStarted(task))));
  await stage.taskcluster.ask({ ask: 'called', method: 'claimTask', count: WARM_UP + events });
  const seconds = (performance.now() - begun) / 1000;
  const after = await service.waitUntil(({ handled }) => handled >= before.handled + events);
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { running: WARM_UP + events });
  return computeCosts(service, before, after, events, seconds);
};

/** Builds end all at once: each gets its artifacts and resolves its task. The service has claimed them itself. */
export const finishedBuilds: Scenario = async (stage, { events }) => {
  const service = await stage.start('bb-listener');
  const publish = (tasks: readonly BuiltTask[]) =>
    Promise.all(tasks.map((task) => stage.publish(createLogUploaded(task))));
  const first = await startBuilds(stage, service, WARM_UP);
  const tasks = await startBuilds(stage, service, events);
  await stage.farm.finish([...first, ...tasks]);
  const { handled } = await service.read();
  await publish(first);
  await service.waitUntil((reading) => reading.handled >= handled + WARM_UP);
  await service.waitUntilSettled();

  const before = await service.read();
  const begun = performance.now();
  await publish(tasks);
  await stage.taskcluster.ask({ ask: 'called', method: 'reportCompleted', count: WARM_UP + events });
  const seconds = (performance.now() - begun) / 1000;
  const after = await service.waitUntil((reading) => reading.handled >= before.handled + events);
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { completed: WARM_UP + events });
  mustBe('tracked rows', await stage.farm.countTracked(), 0);
  return computeCosts(service, before, after, events, seconds);
};

async function startBuilds(stage: Stage, service: Service, count: number): Promise<BuiltTask[]> {
  const { handled } = await service.read();
  const tasks = await stage.farm.addBuilt(await stage.taskcluster.ask({ ask: 'create', count }));
  await Promise.all(tasks.map((task) => stage.publish(createStarted(task))));
  await service.waitUntil((reading) => reading.handled >= handled + count);
  return tasks;
}
