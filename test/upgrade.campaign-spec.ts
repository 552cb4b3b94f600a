import { rm } from 'node:fs/promises';
import { afterEach, beforeAll, afterAll, expect, it } from '@jest/globals';
import { openBroker } from '../sandbox/broker.js';
import { BUILDERS, SCENARIOS } from '../sandbox/mix.js';
import { type Actor, hasArrived, play } from '../sandbox/story.js';
import { eventually } from './support/eventually.js';
import { openSandbox } from './support/open-sandbox.js';
import { compileEarlierVersion, compileProject, hasEarlierVersion } from './support/project.js';
import { migrate } from './support/sandboxed-bridge.js';
import { describeEach, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';
import { startServiceProcess } from './support/service-sandbox.js';
import { useUndo } from './support/undo.js';

const SERVICES = ['tc-listener', 'bb-listener', 'reflector'] as const;

/** Tasks of each scenario in each part. */
const COPIES = { mysql: 18, postgres: 6 };

/** Tasks in all, at least. */
const TASKS = { mysql: 1000, postgres: 300 };

/** All but the one that depends on how soon its task is handled. */
const MIX = SCENARIOS.filter(({ name }) => name !== 'deadline passed');

/**
 * The mix's usual builder several times: with one of them four builds would run at a time, and its master would read all that
 * wait for it before each.
 */
const ALIKE = Array.from({ length: 6 }, (_, index) => ({
  ...BUILDERS[0]!,
  name: `Linux x86-64 oak build ${index}`,
  shortname: `oak-linux64-${index}`,
}));
const MANY_BUILDERS = [...BUILDERS, ...ALIKE];

/** Claims outlast every pause of a busy machine, and are reclaimed during the test. */
const PACE = { claimTimeout: 300, reclaimWindow: 290 };

const isPossible = (server: 'mysql' | 'postgres') =>
  isReachable('rabbitmq') && isReachable(server) && hasEarlierVersion();

describeEach(['mysql', 'postgres'], isPossible)('an upgrade under load, on %s', (server) => {
  let earlier: string;

  beforeAll(async () => {
    await compileProject();
    earlier = await compileEarlierVersion();
  }, 600_000);
  afterAll(() => rm(earlier, { recursive: true, force: true }));
  afterEach(() => ServiceProcess.killAll());
  const undo = useUndo(afterEach);

  it('migrates beside running services, replaces them one by one, and loses nothing', async () => {
    const broker = openBroker(SERVERS.rabbitmq.url);
    const sandbox = await openSandbox(undo, server, {
      broker,
      scenarios: MIX,
      builders: MANY_BUILDERS,
      pace: PACE,
    });
    const configFile = await sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 });

    await migrate(earlier, configFile);
    const start = async (service: string, root?: string) => {
      const process = await startServiceProcess(service, configFile, {}, undefined, root);
      await process.ready();
      return process;
    };
    const old = await Promise.all(SERVICES.map((service) => start(service, earlier)));
    const replaced: ServiceProcess[] = [];

    // Each part begins when a further service is the new version's.
    const parts = [0, ...SERVICES.map((_, index) => index + 1)].map((part) =>
      MIX.map((scenario) =>
        Array.from({ length: COPIES[server] }, (_, index) => ({
          builder: ALIKE[index % ALIKE.length]!.name,
          ...scenario,
          mayBegin: () => replaced.length >= part,
        })),
      ),
    );
    let created = 0;
    const untilCreated = (part: number) =>
      eventually(() => expect(created).toBeGreaterThanOrEqual((part + 1) * MIX.length * COPIES[server]), 240);

    const upgrade = async () => {
      for (const [index, service] of SERVICES.entries()) {
        await untilCreated(index);
        if (index === 0) await migrate(await compileProject(), configFile);
        const next = await start(service);
        expect(await old[index]!.stop()).toBe(0);
        replaced.push(next);
      }
    };
    const show = (actors: readonly Actor[]) => (created = actors.length);
    const [actors] = await Promise.all([play(sandbox, parts.flat(), show, 600), upgrade()]);

    expect(actors.length).toBeGreaterThanOrEqual(TASKS[server]);
    const wrong = actors.filter((actor) => !hasArrived(actor));
    expect(wrong.map(({ scenario, seen }) => [scenario.name, seen])).toEqual([]);
    for (const service of replaced) expect(await service.stop()).toBe(0);
    expect(await sandbox.countRowsLeft()).toEqual({ tasks: 0, messages: 0 });
    expect(await sandbox.countMessagesLeft()).toBe(0);
  }, 900_000);
});
