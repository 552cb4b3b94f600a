import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrateDatabase } from '@bbb/bridge-db';
import type { ServiceName } from '@bbb/configuration';
import { openBroker } from '../../../sandbox/broker.js';
import { seededRandom } from '../../../sandbox/buildbot/random.js';
import { createFreshDatabases } from '../../../sandbox/fresh-databases.js';
import { ModernSandbox } from '../../../sandbox/modern-sandbox.js';
import { findFreePort } from '../../../sandbox/services.js';
import { SERVERS } from '../../support/global-setup.js';
import { MasterCalls } from '../../support/real-buildbot/master-calls.js';
import { RealMaster } from '../../support/real-buildbot/real-master.js';
import { Tally } from '../counters.js';
import { Instance, PARKING } from '../instance.js';
import type { ChaosOptions } from '../options.js';
import { figuresOf, print } from '../report.js';
import { auditTask } from './audit.js';
import { awaitRest } from './await-rest.js';
import { FaultyProxy } from './faulty-proxy.js';
import { causeFaults } from './happenings.js';
import { LOAD_BUILDERS, ModernLoad } from './load.js';

/** The reflectors alone are enough; the listeners are there as an operator runs them. */
const SERVICES: readonly ServiceName[] = ['tc-listener', 'bb-listener', 'reflector'];

/** Attempts at a message, 2 seconds apart: four claims of 40 seconds and some. */
const ATTEMPTS = 90;

/** Runs the services on a real modern master while faults happen. Exit code 0: no task lost, stuck, duplicated or wrong. */
export async function chaosOnModernMaster(options: ChaosOptions): Promise<number> {
  const { seed, database } = options;
  const random = seededRandom(seed);
  const tally = new Tally();
  const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-chaos-'));
  const undo: (() => Promise<unknown>)[] = [];
  const instances: Instance[] = [];
  try {
    const fresh = await createFreshDatabases({ databaseServer: SERVERS[database].url }, folder);
    undo.push(() => fresh.drop());
    await migrateDatabase(fresh.bridgeDb);
    const master = await RealMaster.start('sqlite');
    undo.push(() => master.dispose());
    const proxy = await FaultyProxy.start(master.url, random, tally);
    undo.push(() => proxy.stop());
    const { url } = proxy;
    const sandbox = await ModernSandbox.start({
      ...{ folder, seed, bridgeDb: fresh.bridgeDb, broker: openBroker(SERVERS.rabbitmq.url) },
      pace: { claimTimeout: 40, reclaimWindow: 28 },
      master: { url, account: master.account, scheduler: 'bridge', builders: LOAD_BUILDERS },
    });
    undo.push(() => sandbox.stop());
    const configFile = await sandbox.writeConfiguration(
      { tclistener: 0, bblistener: 0, reflector: 0 },
      { parking: { ...PARKING, attempts: ATTEMPTS } },
    );
    for (const service of SERVICES)
      for (let number = 1; number <= options.instances; number++) {
        const port = await findFreePort();
        instances.push(new Instance(service, `${service}-${number}`, port, configFile, folder, tally));
        instances.at(-1)!.start();
      }
    process.stdout.write(`Logs and configuration: ${folder}\n`);
    await Promise.all(instances.map((instance) => instance.ready()));

    const load = new ModernLoad(sandbox, new MasterCalls(master.rest), random, tally);
    const faults = causeFaults({ master, proxy, instances, tally, random }, options.seconds);
    await createTasks(load, options);
    await faults;
    const secondsOfCalm = await awaitRest(sandbox, load, master, tally, options.calm);
    const exits = await Promise.all(instances.map((instance) => instance.stop()));
    const findings = (await load.readTasks()).flatMap(auditTask);
    for (const taskId of load.doubled)
      findings.push({ taskId, wrong: 'duplicated', why: 'two open requests at one moment' });
    const { tasks: rows, messages } = await sandbox.countRowsLeft();
    const figures = figuresOf({
      ...{ options, tally, findings, secondsOfCalm, exits, tasks: load.stories.length },
      rest: { rows, messages, queued: await sandbox.countMessagesLeft() },
    });
    print(figures);
    if (messages > 0) await printKeptMessages(sandbox);
    if (options.json) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
    await writeFile(join(folder, 'master.log'), await master.log());
    if (figures.isRight && !options.keep) await rm(folder, { recursive: true, force: true });
    return figures.isRight ? 0 : 1;
  } finally {
    await Promise.all(instances.map((instance) => instance.stop('SIGKILL')));
    for (const step of undo.reverse()) await step().catch((error: unknown) => console.error(error));
  }
}

async function printKeptMessages({ bridge }: ModernSandbox): Promise<void> {
  const rows = await bridge.read((statements) =>
    statements.rows<object>('SELECT subscription, state, attempts, error FROM messages'),
  );
  for (const row of rows) process.stdout.write(`KEPT ${JSON.stringify(row)}\n`);
}

/** Tasks are created in the first 60 % of the time; their users look at them every second. */
async function createTasks(load: ModernLoad, { seconds, rate }: ChaosOptions): Promise<void> {
  const begun = Date.now();
  const passed = () => (Date.now() - begun) / 1000;
  while (passed() < seconds) {
    while (load.stories.length < Math.min(passed(), seconds * 0.6) * rate) load.create();
    await load.look();
    await sleep(1000);
  }
}
