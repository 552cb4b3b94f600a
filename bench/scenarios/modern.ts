import { setTimeout as sleep } from 'node:timers/promises';
import type { BuiltTask } from '../systems/farm.js';
import type { Reading, Service } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';
import type { Figures } from '../figures.js';
import { computeCosts, mustBe, type Scenario } from './scenario.js';

/** Events before those that are measured: the first ones of a process are also compiled. */
const WARM_UP = 500;

/** Builds of tracked tasks start all at once: the reflector sees them, and claims their tasks. */
export const startedByPass: Scenario = async (stage, { events }) => {
  const service = await stage.start('reflector', { reflector: { interval: 1 } });
  await startBuilds(stage, WARM_UP, 0);
  await service.waitUntilSettled();
  const measure = await beginMeasuring(stage, service);
  await startBuilds(stage, events, WARM_UP);
  const figures = await measure(events);
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { running: WARM_UP + events });
  return figures;
};

/** Builds end all at once: the reflector sees them, attaches the artifacts and resolves their tasks. */
export const finishedByPass: Scenario = async (stage, { events }) => {
  const service = await stage.start('reflector', { reflector: { interval: 1 } });
  const first = await startBuilds(stage, WARM_UP, 0);
  const tasks = await startBuilds(stage, events, WARM_UP);
  await endBuilds(stage, first, 0);
  await service.waitUntilSettled();
  const measure = await beginMeasuring(stage, service);
  await endBuilds(stage, tasks, WARM_UP);
  const figures = await measure(events);
  mustBe('states', await stage.taskcluster.ask({ ask: 'states' }), { completed: WARM_UP + events });
  while ((await stage.farm.countTracked()) > 0) await sleep(50);
  return figures;
};

async function startBuilds(stage: Stage, count: number, before: number): Promise<BuiltTask[]> {
  const tasks = await stage.farm.addBuilt(await stage.taskcluster.ask({ ask: 'create', count }));
  await stage.taskcluster.ask({ ask: 'called', method: 'claimTask', count: before + count });
  return tasks;
}

async function endBuilds(stage: Stage, tasks: readonly BuiltTask[], before: number): Promise<void> {
  await stage.farm.finish(tasks);
  await stage.taskcluster.ask({ ask: 'called', method: 'reportCompleted', count: before + tasks.length });
}

/** @returns ends the measurement */
async function beginMeasuring(stage: Stage, service: Service): Promise<(events: number) => Promise<Figures>> {
  const before: Reading = await service.read();
  const calls = await stage.farm.countRestCalls();
  const begun = performance.now();
  return async (events) => {
    const seconds = (performance.now() - begun) / 1000;
    const after = await service.read();
    const rest = (await stage.farm.countRestCalls()) - calls;
    return { ...(await computeCosts(service, before, after, events, seconds)), 'rest/event': rest / events };
  };
}
