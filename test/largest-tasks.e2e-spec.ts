import { existsSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { planCampaign } from './support/campaign.js';
import { eventually } from './support/eventually.js';
import { describeWhere, isReachable } from './support/servers.js';
import type { ServiceProcess } from './support/service-process.js';
import { startServiceProcess, useServiceSandbox } from './support/service-sandbox.js';

/** Megabytes that a service may have resident at any time. */
const MEMORY = 256;

/** Bytes of a payload; Taskcluster takes ten megabytes for a whole task. */
const SIZE = 9_000_000;

/** As the image has it; supervisord and systemd start services with a further option for a small heap. */
const NODE_OPTIONS = '--max-semi-space-size=8';

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
  const { runs: count, timeout } = planCampaign({ usual: 12, full: 100, each: 1500 });
  const current = useServiceSandbox();

  async function start(name: 'tc-listener' | 'reflector', configFile: string): Promise<ServiceProcess> {
    const service = await startServiceProcess(name, configFile, { NODE_OPTIONS });
    await service.ready();
    return service;
  }

  it(
    'keep no memory and nobody else waiting, whether their builder is ignored or not',
    async () => {
      const configFile = await current.configure();
      const services = [await start('tc-listener', configFile), await start('reflector', configFile)];
      const filler = 'x'.repeat(SIZE);
      const large = Array.from({ length: count }, (_, index) =>
        current.sandbox.taskcluster.createTask({
          payload: payload(index % 2 ? 'alder-large' : IDLE, { filler }),
        }),
      );
      const others = Array.from({ length: OTHERS }, () =>
        current.sandbox.taskcluster.createTask({ payload: payload(IDLE, {}) }),
      );

      const began = performance.now();
      const secondsSince = () => Math.round((performance.now() - began) / 1000);
      const stateOf = (taskId: string) => current.sandbox.taskcluster.state.status(taskId).state;
      await eventually(async () => {
        const rows = await current.sandbox.scheduler.read((statements) =>
          statements.rows<{ id: string }>('SELECT external_idstring AS id FROM buildsets'),
        );
        const created = rows.map(({ id }) => id.replace('taskId:', ''));
        expect(others.filter((taskId) => !created.includes(taskId))).toEqual([]);
      }, 300);
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
    timeout + 300_000,
  );
});
