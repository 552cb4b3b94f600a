import { setTimeout as sleep } from 'node:timers/promises';
import { logUploaded, started, taskPending } from '../world/messages.js';
import { costs, mustBe, type Scenario } from './scenario.js';

/** Tasks become pending all at once: each gets a build request. */
export const pending: Scenario = async (stage, { events }) => {
  const service = await stage.start('tc-listener');
  const tasks = await stage.taskcluster.ask({ ask: 'create', count: events });
  const before = await service.read();
  const begun = performance.now();
  await Promise.all(tasks.map((task) => stage.publish(taskPending(task))));
  while ((await stage.farm.requests()) < events) await sleep(20);
  const seconds = (performance.now() - begun) / 1000;
  const after = await service.until(({ handled }) => handled >= before.handled + events);
  mustBe('build requests', await stage.farm.requests(), events);
  return costs(service, before, after, events, seconds);
};

/** Builds start all at once: each claims its task. */
export const startedBuilds: Scenario = async (stage, { events }) => {
  const service = await stage.start('bb-listener');
  const tasks = await stage.farm.build(await stage.taskcluster.ask({ ask: 'create', count: events }));
  const before = await service.read();
  const begun = performance.now();
  await Promise.all(tasks.map((task) => stage.publish(started(task))));
  await stage.taskcluster.ask({ ask: 'called', method: 'claimTask', count: events });
  const seconds = (performance.now() - begun) / 1000;
  const after = await service.until(({ handled }) => handled >= before.handled + events);
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { running: events });
  return costs(service, before, after, events, seconds);
};

/** Builds end all at once: each gets its artifacts and resolves its task. The service has claimed them itself. */
export const finishedBuilds: Scenario = async (stage, { events }) => {
  const service = await stage.start('bb-listener');
  const tasks = await stage.farm.build(await stage.taskcluster.ask({ ask: 'create', count: events }));
  await Promise.all(tasks.map((task) => stage.publish(started(task))));
  await service.until(({ handled }) => handled >= events);
  await stage.farm.finish(tasks);

  const before = await service.read();
  const begun = performance.now();
  await Promise.all(tasks.map((task) => stage.publish(logUploaded(task))));
  await stage.taskcluster.ask({ ask: 'called', method: 'reportCompleted', count: events });
  const seconds = (performance.now() - begun) / 1000;
  const after = await service.until(({ handled }) => handled >= before.handled + events);
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { completed: events });
  mustBe('tracked rows', await stage.farm.tracked(), 0);
  return costs(service, before, after, events, seconds);
};
