import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@bbb/configuration';
import type { Figures } from '../figures.js';
import { createLogUploaded, createStarted, createTaskPending, type Message } from '../systems/messages.js';
import type { Stage } from '../systems/stage.js';
import { mustBe, type Scenario } from './scenario.js';

/** Messages that wait when the service is started. */
const EVENTS = 1000;

/** The first events after the start of a process, which wait in its queue: seconds from its start to the last effect. */
export const cold: Scenario = async (stage) => {
  // The services declare their queues.
  for (const name of ['tc-listener', 'bb-listener'] as const) await (await stage.start(name)).stop();
  const { taskcluster, farm } = stage;
  const tasks = await taskcluster.ask({ ask: 'create', count: EVENTS });

  const pending = await measure(stage, 'tc-listener', 'pending', tasks.map(createTaskPending), async () => {
    while ((await farm.countRequests()) < EVENTS) await sleep(20);
  });
  const built = await farm.begin(tasks);
  mustBe('builds', built.length, EVENTS);
  const started = await measure(stage, 'bb-listener', 'started', built.map(createStarted), () =>
    taskcluster.ask({ ask: 'called', method: 'claimTask', count: EVENTS }),
  );
  await farm.finish(built);
  // A new process has no credentials of the runs: it claims them once more.
  const finished = await measure(stage, 'bb-listener', 'finished', built.map(createLogUploaded), () =>
    taskcluster.ask({ ask: 'called', method: 'reportCompleted', count: EVENTS }),
  );
  mustBe('states', await taskcluster.ask({ ask: 'states' }), { completed: EVENTS });
  return { ...pending, ...started, ...finished };
};

async function measure(
  stage: Stage,
  name: ServiceName,
  kind: string,
  messages: readonly Message[],
  waitForEffects: () => Promise<unknown>,
): Promise<Figures> {
  await Promise.all(messages.map((message) => stage.publish(message)));
  const begun = performance.now();
  const starting = stage.start(name);
  await Promise.all([starting, waitForEffects()]);
  const seconds = (performance.now() - begun) / 1000;
  const service = await starting;
  const { cpu } = await service.waitUntil(({ handled }) => handled >= EVENTS);
  await service.stop();
  return { [`${kind} s`]: seconds, [`${kind} cpu s`]: cpu };
}
