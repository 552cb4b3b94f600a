import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@bbb/configuration';
import { MasterCalls, newKey } from '../../test/support/real-buildbot/master-calls.js';
import { RealMaster } from '../../test/support/real-buildbot/real-master.js';
import type { Figures } from '../figures.js';
import { createTaskPending } from '../systems/messages.js';
import type { Service } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';
import { mustBe, type Scenario } from './scenario.js';

/** Each builder builds one request at a time on each worker; the last worker is left to builds that come and go. */
const BUILDERS = 25;
const WORKERS = 21;
const LONG_BUILDS = BUILDERS * (WORKERS - 1);

/** Seconds: builds that last as long as the scenario, and builds that come and go. */
const LONG = 24 * 3600;
const SHORT = 10;

/** Seconds between two short builds. When 500 builds run, and each lasts 17 minutes, one begins and one ends as often. */
const BETWEEN = 2;

/** Seconds that are measured: two passes of the reflector as it is installed. */
const MEASURED = 120;

/** Seconds after a change in which the master does not only do what is measured. */
const SETTLING = 30;

/** Seconds that the master may take to start the long builds, on a busy machine. */
const PATIENCE = 1800;

const SERVICES: readonly ServiceName[] = ['tc-listener', 'bb-listener', 'reflector'];

/**
 * What the bridge costs a real master while 500 builds run: the master's processor time with the three services and without
 * them, while nothing changes and while builds come and go. Its database is SQLite, whose work is done by the master's
 * process; the intervals of the services are those of an installation.
 */
export const masterLoad: Scenario = async (stage) => {
  const master = await RealMaster.start('sqlite', { crowd: { builders: BUILDERS, workers: WORKERS } });
  try {
    const services = await startServices(stage, master);
    for (let number = 0; number < BUILDERS; number++) await createTasks(stage, number, WORKERS - 1, LONG);
    await waitForBuilds(stage, master);
    const withBridge = await measureBoth(master, (number) => createTasks(stage, number, 1, SHORT));
    for (const service of services) await service.stop();
    const calls = new MasterCalls(master.rest);
    const without = await measureBoth(master, (number) => createRequest(calls, number));
    return {
      builds: LONG_BUILDS,
      ...prefix('nothing changes', compare(withBridge.atRest, without.atRest)),
      ...prefix('builds come and go', compare(withBridge.inTurn, without.inTurn)),
    };
  } finally {
    // A planned stop would cancel each build.
    await master.kill();
    await master.dispose();
  }
};

/** One after the other: they share a file. */
async function startServices(stage: Stage, { url, account }: RealMaster): Promise<Service[]> {
  const settings = { buildbot: { kind: 'modern', url, ...account, scheduler: 'bridge' } };
  const services: Service[] = [];
  for (const name of SERVICES) services.push(await stage.start(name, settings));
  return services;
}

async function createTasks(stage: Stage, builder: number, count: number, seconds: number): Promise<void> {
  const payload = {
    buildername: `crowd-${builder}`,
    sourcestamp: { branch: 'main' },
    properties: { seconds },
  };
  const tasks = await stage.taskcluster.ask({ ask: 'create', count, payload });
  for (const task of tasks) await stage.publish(createTaskPending(task));
}

/** What a creation costs whoever asks for it. */
async function createRequest(calls: MasterCalls, builder: number): Promise<void> {
  const properties = { seconds: SHORT };
  await calls.create({
    key: newKey(),
    builderNames: [`crowd-${builder}`],
    properties,
    sourcestamp: { branch: 'main' },
  });
}

async function waitForBuilds(stage: Stage, master: RealMaster): Promise<void> {
  let running = 0;
  let states = {};
  for (const end = Date.now() + PATIENCE * 1000; Date.now() < end; await sleep(5000)) {
    running = (await master.rest.rows('/builds?complete=false&field=buildid&field=complete')).length;
    states = await stage.taskcluster.ask({ ask: 'states' });
    if (running === LONG_BUILDS && JSON.stringify(states) === JSON.stringify({ running })) return;
  }
  mustBe('builds and tasks', [running, states], [LONG_BUILDS, { running: LONG_BUILDS }]);
}

interface Load {
  /** Processor time of the master, percent of one processor. */
  percent: number;
  /** REST calls and others that it answered in a minute. */
  calls: number;
}

async function measureBoth(
  master: RealMaster,
  create: (builder: number) => Promise<void>,
): Promise<Record<'atRest' | 'inTurn', Load>> {
  await sleep(SETTLING * 1000);
  const atRest = await measureLoad(master, () => sleep(MEASURED * 1000));
  let number = 0;
  const createInTurn = async (seconds: number) => {
    const begun = Date.now();
    for (let made = 0; made * BETWEEN < seconds; made++) {
      await create(number++ % BUILDERS);
      await sleep(Math.max(0, begun + (made + 1) * BETWEEN * 1000 - Date.now()));
    }
  };
  await createInTurn(SETTLING);
  return { atRest, inTurn: await measureLoad(master, () => createInTurn(MEASURED)) };
}

async function measureLoad(master: RealMaster, meanwhile: () => Promise<void>): Promise<Load> {
  const before = await master.readLoad();
  const begun = performance.now();
  await meanwhile();
  const seconds = (performance.now() - begun) / 1000;
  const after = await master.readLoad();
  return {
    percent: ((after.cpu - before.cpu) / seconds) * 100,
    calls: ((after.answers - before.answers) / seconds) * 60,
  };
}

function compare(withBridge: Load, without: Load): Figures {
  return {
    'master % without': without.percent,
    'master % with': withBridge.percent,
    'bridge % of a core': withBridge.percent - without.percent,
    'calls/min without': without.calls,
    'calls/min with': withBridge.calls,
  };
}

function prefix(name: string, figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${name}: ${key}`, value]));
}
