import { rm } from 'node:fs/promises';
import { afterEach, beforeAll, afterAll, expect, it } from '@jest/globals';
import { openBroker } from '../sandbox/broker.js';
import { SCENARIOS } from '../sandbox/mix.js';
import { type Actor, hasArrived, play } from '../sandbox/story.js';
import { eventually } from './support/eventually.js';
import { openSandbox } from './support/open-sandbox.js';
import { compileEarlierVersion, compileProject, hasEarlierVersion } from './support/project.js';
import { migrate } from './support/sandboxed-bridge.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';
import { startServiceProcess } from './support/service-sandbox.js';
import { useUndo } from './support/undo.js';

const SERVICES = ['tc-listener', 'bb-listener', 'reflector'] as const;

/** Tasks of each scenario in each part: a thousand and some in all. */
const COPIES = 18;

/** All but the one that depends on how soon its task is handled. */
const MIX = SCENARIOS.filter(({ name }) => name !== 'deadline passed');

/** Claims outlast every pause of a busy machine, and are reclaimed during the test. */
const PACE = { claimTimeout: 300, reclaimWindow: 290 };

const isPossible = isReachable('rabbitmq') && isReachable('mysql') && hasEarlierVersion();

describeWhere(isPossible)('an upgrade under load', () => {
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
    const sandbox = await openSandbox(undo, 'mysql', { broker, scenarios: MIX, pace: PACE });
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
        Array.from({ length: COPIES }, () => ({ ...scenario, mayBegin: () => replaced.length >= part })),
      ),
    );
    let created = 0;
    const untilCreated = (part: number) =>
      eventually(() => expect(created).toBeGreaterThanOrEqual((part + 1) * MIX.length * COPIES), 240);

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

    expect(actors.length).toBeGreaterThanOrEqual(1000);
    const wrong = actors.filter((actor) => !hasArrived(actor));
    expect(wrong.map(({ scenario, seen }) => [scenario.name, seen])).toEqual([]);
    for (const service of replaced) expect(await service.stop()).toBe(0);
    expect(await sandbox.countRowsLeft()).toEqual({ tasks: 0, messages: 0 });
    expect(await sandbox.countMessagesLeft()).toBe(0);
  }, 900_000);
});
