import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listModernScenarios } from '../sandbox/modern-mix.js';
import type { ModernSandbox } from '../sandbox/modern-sandbox.js';
import { type Actor, play } from '../sandbox/story.js';
import { isFull } from './support/campaign.js';
import { isUsable } from './support/databases.js';
import { isPossible as canStartMaster, MASTER_TIMEOUT_MS } from './support/real-buildbot/masters.js';
import { startSandboxMaster } from './support/real-buildbot/sandbox-master.js';
import {
  openModernBridge,
  type SandboxedBridge,
  type SandboxedBridgeOptions,
} from './support/sandboxed-bridge.js';
import { describeEach, isReachable } from './support/servers.js';

type Master = Awaited<ReturnType<typeof startSandboxMaster>>;
type Row = [name: string, isReal: boolean, options: SandboxedBridgeOptions];

const IN_PROCESS: Row = ['in one process, on SQLite', false, { database: 'sqlite', services: 'in process' }];

const PROCESSES: Row = [
  'as processes, on RabbitMQ and PostgreSQL',
  false,
  { database: 'postgres', services: 'processes' },
];

/** Claims last longer than on a simulated master, because a busy machine makes a real one slow. */
const REAL: Row = [
  'a real one, as processes, on RabbitMQ and PostgreSQL',
  true,
  { database: 'postgres', services: 'processes', pace: { claimTimeout: 120, reclaimWindow: 80 } },
];

const isPossible = (_: string, isReal: boolean, { services, database }: SandboxedBridgeOptions) =>
  (services === 'in process' || isReachable('rabbitmq')) &&
  isUsable(database) &&
  (!isReal || canStartMaster('postgres'));

/** One in the usual run: with the servers, if they are there. */
const USUAL = isPossible(...PROCESSES) ? PROCESSES : IN_PROCESS;

// All three services with buildbot.kind modern.
describeEach(isFull ? [IN_PROCESS, PROCESSES, REAL] : [USUAL], isPossible)(
  'the mix on a modern Buildbot, %s',
  (_name, isReal, options) => {
    const mix = listModernScenarios(!isReal);
    let master: Master | undefined;
    let bridge: SandboxedBridge<ModernSandbox> | undefined;
    let actors: Actor[] = [];
    beforeAll(async () => {
      if (isReal) master = await startSandboxMaster();
      bridge = await openModernBridge({ ...options, scenarios: mix, ...(master ? { master } : {}) });
      actors = await play(
        bridge.sandbox,
        mix.map((scenario) => [scenario]),
        () => undefined,
        isReal ? 240 : 90,
      );
      await bridge.stopServices();
    }, 2 * MASTER_TIMEOUT_MS);
    afterAll(async () => {
      await bridge?.close();
      await master?.stop();
    }, MASTER_TIMEOUT_MS);

    const taskOf = (name: string) => actors.find(({ scenario }) => scenario.name === name)!;

    describe('comes to its end on both sides:', () => {
      it.each(mix.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
        expect(taskOf(name).seen).toMatchObject({
          taskcluster: scenario.taskcluster,
          buildbot: scenario.buildbot,
        });
      });
    });

    it('leaves no row, no kept message and nothing in a queue', async () => {
      const { sandbox } = bridge!;
      expect({ ...(await sandbox.countRowsLeft()), queued: await sandbox.countMessagesLeft() }).toEqual({
        ...{ tasks: 0, messages: 0, queued: 0 },
      });
    });

    it.each([
      ['success', [0]],
      ['warnings', [0]],
      ['failure', [0]],
      ['exception', [0]],
      ['rerun by a user', [0, 1]],
      // The first run has ended with the loss of its build.
      ['retry, then success', [1]],
    ])('attaches the properties of the build and its page: %s', (name, runs) => {
      const { taskId } = taskOf(name);
      for (const run of runs) {
        const found = bridge!.sandbox.taskcluster.artifactsOf(taskId, run);
        const artifacts = new Map(found.map((one) => [one.name, one]));
        expect(JSON.parse(artifacts.get('public/properties.json')!.content!.toString())).toMatchObject({
          ...{ taskId: [taskId, 'bridge'], scenario: [name, 'bridge'], product: ['firefox', 'build'] },
          buildername: [expect.stringMatching(/^Linux x86-64 oak/), 'Builder'],
        });
        expect(artifacts.get('public/logs/live_backing.log')).toMatchObject({
          storageType: 'reference',
          url: expect.stringMatching(new RegExp(`^${master?.url ?? 'http:.*'}/#/builders/\\d+/builds/\\d+$`)),
        });
      }
    });
  },
);
