import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { openBroker } from '../sandbox/broker.js';
import { Sandbox } from '../sandbox/sandbox.js';
import { findFreePort } from '../sandbox/services.js';
import { planCampaign } from './support/campaign.js';
import { eventually } from './support/eventually.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';

/** Megabytes that a service may have resident at any time. */
const MEMORY = 256;

/** Bytes of a payload; Taskcluster takes ten megabytes for a whole task. */
const SIZE = 9_000_000;

/** As the image and all definitions in deploy/ have it. */
const NODE_OPTIONS = '--max-semi-space-size=2';

const OTHERS = 5;

const IDLE = 'Linux x86-64 oak idle';

function payload(buildername: string, properties: object): Record<string, unknown> {
  return {
    buildername,
    sourcestamp: { branch: 'projects/oak' },
    properties: { product: 'firefox', ...properties },
  };
}

describeWhere(isReachable('rabbitmq') && existsSync('/proc/self/status'))('the largest tasks', () => {
  const { runs: count, timeout } = planCampaign({ usual: 20, full: 100, each: 1500 });
  let folder: string;
  let sandbox: Sandbox;

  beforeAll(async () => {
    await compileProject();
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-largest-'));
    sandbox = await Sandbox.start({
      folder,
      seed: 1,
      schema: 6,
      schedulerDb: `sqlite:///${join(folder, 'scheduler.sqlite')}`,
      bridgeDb: `sqlite:///${join(folder, 'bridge.sqlite')}`,
      broker: openBroker(SERVERS.rabbitmq.url),
    });
  }, COMPILATION_LIMIT);
  afterEach(() => ServiceProcess.killAll());
  afterAll(async () => {
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(name: 'tc-listener' | 'reflector', configFile: string): Promise<ServiceProcess> {
    const port = await findFreePort();
    const main = join(await compileProject(), 'dist', 'apps', name, 'src', 'main.js');
    const env = { BBB_HTTP_PORT: String(port), NODE_OPTIONS };
    const service = ServiceProcess.start([process.execPath, main, '-c', configFile], { env, port });
    await service.ready();
    return service;
  }

  it(
    'keep no memory and nobody else waiting, whether their builder is ignored or not',
    async () => {
      const configFile = await sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 });
      const services = [await start('tc-listener', configFile), await start('reflector', configFile)];
      const filler = 'x'.repeat(SIZE);
      const large = Array.from({ length: count }, (_, index) =>
        sandbox.taskcluster.createTask({
          payload: payload(index % 2 ? 'alder-large' : IDLE, { filler }),
        }),
      );
      const others = Array.from({ length: OTHERS }, () =>
        sandbox.taskcluster.createTask({ payload: payload(IDLE, {}) }),
      );

      const began = performance.now();
      const secondsSince = () => Math.round((performance.now() - began) / 1000);
      const stateOf = (taskId: string) => sandbox.taskcluster.state.status(taskId).state;
      await eventually(async () => {
        const rows = await sandbox.scheduler.read((statements) =>
          statements.rows<{ id: string }>('SELECT external_idstring AS id FROM buildsets'),
        );
        const created = rows.map(({ id }) => id.replace('taskId:', ''));
        expect(others.filter((taskId) => !created.includes(taskId))).toEqual([]);
      }, 120);
      const othersDone = secondsSince();
      await eventually(() => {
        const states = large.map((taskId, index) => [index % 2, stateOf(taskId)].join(' '));
        expect(states.filter((state) => state !== '1 pending' && state !== '0 exception')).toEqual([]);
      }, timeout / 2000);

      const peaks = await Promise.all(services.map((service) => service.readPeakMegabytes()));
      process.stdout.write(
        `${count} largest tasks: at most ${peaks.map(Math.round).join(' and ')} MB resident; ` +
          `the others had their requests after ${othersDone} s, the last of the largest was done after ${secondsSince()} s\n`,
      );
      expect(peaks.filter((peak) => peak > MEMORY)).toEqual([]);
      for (const service of services) expect(await service.stop()).toBe(0);
    },
    timeout + 120_000,
  );
});
