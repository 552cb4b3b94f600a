import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase } from '@bbb/bridge-db';
import { OneAtATime } from '../../sandbox/buildbot/one-at-a-time.js';
import { openBroker } from '../../sandbox/broker.js';
import { createFreshDatabases } from '../../sandbox/fresh-databases.js';
import { Sandbox } from '../../sandbox/sandbox.js';
import { readOptionsGiven } from '../support/command-line.js';
import { SERVERS } from '../support/global-setup.js';
import { audit } from './audit.js';
import { ServerPair } from './courses/server-pair.js';
import { SickReflectors } from './courses/sick-reflectors.js';
import { SwitchOvers } from './courses/switch-overs.js';
import { type BookedTask, readBooks } from './ledger.js';
import { ReclaimChances } from './claims/reclaim-chances.js';
import { diary, rage, restOf, startInstances, writeConfiguration } from './chaos.js';
import type { Instance } from './instance.js';
import { Load } from './load.js';
import { type ChaosOptions, readOptions, USAGE } from './options.js';
import { figuresOf, print } from './report.js';
import { CHAOS_BUILDERS, CHAOS_SCENARIOS } from './scenarios.js';
import { Tally } from './counters.js';
import { TcpProxy } from '../support/doubles/tcp-proxy.js';
import { Weather } from './faults.js';

const PACE = { claimTimeout: 24, reclaimWindow: 16, buildbotClaim: 12 };

/** Runs the services while faults happen. Exit code 0: no task lost, stuck, duplicated or wrong. */
async function chaos(options: ChaosOptions): Promise<number> {
  const { seed, schema, database } = options;
  const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-chaos-'));
  const tally = new Tally();
  const weather = new Weather(seed, tally, options.faults === 'all');
  const undo: (() => Promise<unknown>)[] = [];
  let instances: Instance[] = [];
  try {
    const pair = options.faults === 'switch-over' ? await ServerPair.start(database) : undefined;
    if (pair) undo.push(() => pair.stop());
    const server = pair?.url ?? SERVERS[database].url;
    const made = await createFreshDatabases({ databaseServer: server }, folder);
    if (!pair) undo.push(() => made.drop());
    const proxyTo = async (url: string) => {
      const proxy = await TcpProxy.start(url);
      undo.push(() => proxy.stop());
      return proxy;
    };
    const names = [made.schedulerDb, made.bridgeDb].map((url) => new URL(url).pathname.slice(1));
    const outsideWays = pair ? await Promise.all(names.map((name) => proxyTo(pair.urlFor(name)))) : [];
    const fresh = {
      schedulerDb: outsideWays[0]?.url ?? made.schedulerDb,
      bridgeDb: outsideWays[1]?.url ?? made.bridgeDb,
    };
    await migrateDatabase(fresh.bridgeDb);
    const sandbox = await Sandbox.start({
      ...fresh,
      folder,
      broker: openBroker(SERVERS.rabbitmq.url),
      seed,
      schema,
      scenarios: CHAOS_SCENARIOS,
      builders: CHAOS_BUILDERS,
      pace: PACE,
      fate: weather.fate,
      selfServe: { fault: weather.selfServe, replicaLag: 0.5 },
    });
    undo.push(() => sandbox.stop());
    sandbox.taskcluster.faults = weather.taskcluster;
    const [schedulerUrl, bridgeUrl] = pair ? names.map((name) => pair.urlFor(name)) : [];
    const databases = {
      server,
      scheduler: await proxyTo(schedulerUrl ?? fresh.schedulerDb),
      bridge: await proxyTo(bridgeUrl ?? fresh.bridgeDb),
    };
    const broker = await proxyTo(SERVERS.rabbitmq.url);
    const configFile = await writeConfiguration({ sandbox, databases, broker, weather, tally });
    const tell = diary(folder);
    const outside = new OneAtATime();
    const course = pair
      ? new SwitchOvers({
          ...{ sandbox, pair, names, tally, tell, outside: outsideWays },
          services: [databases.scheduler, databases.bridge],
          alone: (work) => outside.run(work),
        })
      : options.faults === 'reflectors'
        ? await SickReflectors.start({ sandbox, databases, tally, tell })
        : undefined;
    if (course) undo.push(() => course.stop());
    instances = await startInstances(options.instances, configFile, folder, tally, course);
    process.stdout.write(`Logs and configuration: ${folder}\n`);
    await Promise.all(instances.map((instance) => instance.ready()));

    const load = new Load(sandbox, seed, options.rate, tally);
    const reach = { sandbox, instances, databases, broker, weather, outside, tally, tell };
    const chances = new ReclaimChances();
    const { secondsOfCalm } = await rage(options, load, reach, chances, course);
    const exits = await Promise.all(instances.map((instance) => instance.stop()));
    const books = await readBooks(sandbox, load.stories);
    const findings = books.flatMap(audit);
    const hits = books.filter(({ requests, hitInsteadOfAnother }) =>
      requests.some(
        ({ buildRequestId, results }) => results === 6 && hitInsteadOfAnother.includes(buildRequestId),
      ),
    );
    if (hits.length > 0)
      tally.count('Self Serve: stopped the build that had been given the number', hits.length);
    for (const taskId of load.doubleLives) {
      findings.push({ taskId, wrong: 'duplicated', why: 'two open requests at one moment' });
    }
    const figures = figuresOf({
      options,
      tasks: load.stories.length,
      tally,
      findings,
      ...countExpired(books, chances),
      rest: { ...(await restOf(sandbox, load)) },
      secondsOfCalm,
      exits,
    });
    print(figures);
    if (options.json) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
    if (figures.isRight && !options.keep) await rm(folder, { recursive: true, force: true });
    return figures.isRight ? 0 : 1;
  } finally {
    await Promise.all(instances.map((instance) => instance.stop('SIGKILL')));
    for (const step of undo.reverse()) await step().catch((error: unknown) => console.error(error));
  }
}

/** Claims that have expired, and those of them that a reflector could have reclaimed. */
function countExpired(books: readonly BookedTask[], chances: ReclaimChances) {
  const expired = books
    .flatMap(({ runs }) => runs)
    .filter(({ reasonResolved }) => reasonResolved === 'claim-expired');
  const needless = expired.filter(({ takenUntil = '' }) =>
    chances.couldReclaim(Date.parse(takenUntil) / 1000, PACE.reclaimWindow),
  );
  return { claimsExpired: expired.length, claimsExpiredNeedlessly: needless.length };
}

const options = readOptionsGiven(readOptions, USAGE);
if (options?.buildbot === 'modern')
  process.exitCode = await (await import('./modern/run.js')).chaosOnModernMaster(options);
else if (options) process.exitCode = await chaos(options);
