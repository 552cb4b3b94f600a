import { appendFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECTIONS, findFreePort } from '../../sandbox/services.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { ProgressLine } from '../../libs/commands/src/output/progress-line.js';
import type { Course } from './courses/course.js';
import { happen, type Reach } from './timeline.js';
import { Instance, PARKING } from './instance.js';
import { Load } from './load.js';
import type { ReclaimChances } from './claims/reclaim-chances.js';
import type { ChaosOptions } from './options.js';
import { planOfChaos } from './plan.js';

/** Seconds between two looks at all tasks. */
const LOOK_EVERY = 0.3;

/**
 * Seconds for which everything must stay at rest. A connection that has fallen silent is noticed by the broker after two
 * or three heartbeats of 4 seconds; only then does it hand out again what was acknowledged on it in vain.
 */
const REST_FOR = 14;

/** Part of the time in which tasks are created. */
const LOADED = 0.6;

/** What is not as it should be about the bridge, apart from its tasks. */
export interface Rest {
  rows: number;
  kept: number;
  queued: number;
  openTasks: number;
  openRequests: number;
  runningBuilds: number;
  onTheirWay: number;
}

/** Creates tasks and lets things happen, then waits until everything is at rest. */
export async function rage(
  options: ChaosOptions,
  load: Load,
  reach: Reach,
  chances: ReclaimChances,
  course?: Course,
): Promise<{ rest: Rest; secondsOfCalm: number }> {
  const { seconds, seed } = options;
  const begun = Date.now();
  const now = () => (Date.now() - begun) / 1000;
  const progress = new ProgressLine();
  load.begin();
  let over = false;
  const looking = (async () => {
    for (; !over; await sleep(LOOK_EVERY * 1000)) {
      if (now() < seconds * LOADED) load.create();
      chances.note(Date.now() / 1000, listAbleReflectors(reach));
      await reach.outside.run(() => load.look());
      if (now() < seconds) progress.show(now(), seconds, 'seconds of faults');
    }
  })();

  const plan = course ? [] : planOfChaos(seed, seconds);
  const happenings = plan.map(async (happening) => {
    await sleep(happening.at * 1000);
    // One that cannot be done, because what it needs is away just then, is told and left.
    await happen(happening, reach).catch((error: unknown) =>
      reach.tally.count(`not done: ${happening.kind}: ${String(error)}`),
    );
  });
  await Promise.race([
    looking,
    Promise.all([sleep(seconds * 1000), course?.run(reach.instances, seconds), ...happenings]),
  ]);
  reach.weather.calm();
  reach.tell('calm');

  const calmSince = now();
  let restingSince: number | undefined;
  let rest = await restOf(reach.sandbox, load);
  while (now() - calmSince < options.calm) {
    rest = await restOf(reach.sandbox, load);
    const isAtRest = load.isOver && Object.values(rest).every((count) => count === 0);
    restingSince = isAtRest ? (restingSince ?? now()) : undefined;
    if (restingSince !== undefined && now() - restingSince >= REST_FOR) break;
    progress.show(now() - calmSince, options.calm, 'seconds of calm at most, until everything is at rest');
    await sleep(LOOK_EVERY * 1000);
  }
  progress.erase();
  over = true;
  await looking;
  return { rest, secondsOfCalm: (restingSince ?? now()) - calmSince };
}

/** The reflectors that could reclaim now. */
function listAbleReflectors({ instances, weather, databases }: Reach): string[] {
  if (weather.taskclusterIsAway !== undefined || databases.bridge.isAway) return [];
  return instances
    .filter(({ service, isAvailable }) => service === 'reflector' && isAvailable)
    .map(({ name }) => name);
}

export async function restOf(sandbox: Sandbox, load: Load): Promise<Rest> {
  const { tasks, messages } = await sandbox.countRowsLeft();
  const mattering = load.stories.filter(({ scenario }) => scenario.name !== 'ignored builder');
  const isOpen = (state: string | undefined) =>
    !state || ['pending', 'running', 'unscheduled'].includes(state);
  return {
    rows: tasks,
    kept: messages,
    openTasks: mattering.filter(({ seen }) => isOpen(seen?.taskState)).length,
    openRequests: load.stories.filter(({ seen }) => seen?.requests.some(({ complete }) => !complete)).length,
    runningBuilds: sandbox.master.inProgress().length,
    onTheirWay: sandbox.messagesOnTheirWay,
    // Asked last and only then: each question is a connection.
    queued: tasks === 0 && messages === 0 ? await sandbox.countMessagesLeft() : 0,
  };
}

/** The configuration of all instances: everything by way of the proxies, and times in proportion to the sandbox's. */
export async function writeConfiguration(
  reach: Omit<Reach, 'instances' | 'outside' | 'tell'>,
): Promise<string> {
  const { sandbox, databases, broker } = reach;
  const file = await sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 });
  const written = JSON.parse(await readFile(file, 'utf8')) as Record<string, object>;
  const configuration = {
    ...written,
    taskcluster_queue_config: { ...written.taskcluster_queue_config, timeout: 2, retries: 2 },
    buildbot_scheduler_db: databases.scheduler.url,
    bbb_db: databases.bridge.url,
    scheduler_db_connect_timeout: 4,
    bbb_db_connect_timeout: 4,
    pulse_host: '127.0.0.1',
    pulse_port: Number(new URL(broker.url).port),
    pulse_heartbeat: 4,
    pulse_reconnect_min: 0.2,
    pulse_reconnect_max: 2,
    selfserve_timeout: 2,
    builders_timeout: 3,
    builders_refresh: 10,
    parking: PARKING,
    shutdown_grace: 15,
  };
  await writeFile(file, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600 });
  return file;
}

export async function startInstances(
  count: number,
  configFile: string,
  folder: string,
  tally: Reach['tally'],
  course?: Course,
): Promise<Instance[]> {
  const common = JSON.parse(await readFile(configFile, 'utf8')) as object;
  const instances: Instance[] = [];
  for (const service of Object.keys(SECTIONS) as (keyof typeof SECTIONS)[]) {
    for (let number = 1; number <= count + (service === 'reflector' ? 1 : 0); number++) {
      const name = `${service}-${number}`;
      const file = join(folder, `${name}.json`);
      const configuration = course?.configure({ service, number }, common) ?? common;
      await writeFile(file, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600 });
      instances.push(new Instance(service, name, await findFreePort(), file, folder, tally));
    }
  }
  for (const instance of instances) instance.start();
  return instances;
}

/** Writes what happens into a file, with the seconds since the beginning. */
export function diary(folder: string): (text: string) => void {
  const begun = Date.now();
  return (text) =>
    appendFileSync(
      join(folder, 'chaos.log'),
      `${new Date().toISOString()} ${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} ${text}\n`,
    );
}
