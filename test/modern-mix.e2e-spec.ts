import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listModernScenarios } from '../sandbox/modern-mix.js';
import type { ModernSandbox } from '../sandbox/modern-sandbox.js';
import { type Actor, play } from '../sandbox/story.js';
import { isUsable } from './support/databases.js';
import {
  openModernBridge,
  type SandboxedBridge,
  type SandboxedBridgeOptions,
} from './support/sandboxed-bridge.js';
import { describeEach, isReachable } from './support/servers.js';

const MIX = listModernScenarios(true);

const SANDBOXES: [string, SandboxedBridgeOptions][] = [
  ['in one process, on SQLite', { database: 'sqlite', services: 'in process' }],
  ['as processes, on RabbitMQ and PostgreSQL', { database: 'postgres', services: 'processes' }],
];

const isPossible = (_: string, { services, database }: SandboxedBridgeOptions) =>
  (services === 'in process' || isReachable('rabbitmq')) && isUsable(database);

// All three services with buildbot.kind modern.
describeEach(SANDBOXES, isPossible)('the mix on a modern Buildbot, %s', (_name, options) => {
  let bridge: SandboxedBridge<ModernSandbox> | undefined;
  let actors: Actor[] = [];
  beforeAll(async () => {
    bridge = await openModernBridge({ ...options, scenarios: MIX });
    actors = await play(
      bridge.sandbox,
      MIX.map((scenario) => [scenario]),
      () => undefined,
      90,
    );
    await bridge.stopServices();
  }, 240_000);
  afterAll(() => bridge?.close());

  const taskOf = (name: string) => actors.find(({ scenario }) => scenario.name === name)!;

  describe('comes to its end on both sides:', () => {
    it.each(MIX.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
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

  it('attaches the properties of the build and its page', () => {
    const { taskId } = taskOf('success');
    const { sandbox } = bridge!;
    const artifacts = new Map(sandbox.taskcluster.artifactsOf(taskId, 0).map((one) => [one.name, one]));
    const properties = JSON.parse(artifacts.get('public/properties.json')!.content!.toString()) as object;
    expect(properties).toMatchObject({
      ...{ taskId: [taskId, 'bridge'], scenario: ['success', 'bridge'], product: ['firefox', 'build'] },
      buildername: ['Linux x86-64 oak build', 'Builder'],
    });
    expect(artifacts.get('public/logs/live_backing.log')).toMatchObject({
      storageType: 'reference',
      url: expect.stringMatching(/^http:.*#\/builders\/\d+\/builds\/\d+$/),
    });
  });
});
