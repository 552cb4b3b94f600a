import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listModernScenarios } from '../../sandbox/modern-mix.js';
import type { ModernSandbox } from '../../sandbox/modern-sandbox.js';
import { type Actor, play } from '../../sandbox/story.js';
import { isPossible, MASTER_TIMEOUT_MS } from '../support/real-buildbot/masters.js';
import { startSandboxMaster } from '../support/real-buildbot/sandbox-master.js';
import { openModernBridge, type SandboxedBridge } from '../support/sandboxed-bridge.js';
import { describeWhere, isReachable } from '../support/servers.js';

const MIX = listModernScenarios(false);

// The three services as processes, RabbitMQ and PostgreSQL. Claims last longer than on a simulated master, because a busy
// machine makes a real one slow.
describeWhere(isPossible('postgres') && isReachable('rabbitmq'))('the mix on a real modern master', () => {
  let master: Awaited<ReturnType<typeof startSandboxMaster>>;
  let bridge: SandboxedBridge<ModernSandbox> | undefined;
  let actors: Actor[] = [];
  beforeAll(async () => {
    master = await startSandboxMaster();
    bridge = await openModernBridge({
      ...{ database: 'postgres', services: 'processes', scenarios: MIX, master },
      pace: { claimTimeout: 120, reclaimWindow: 80 },
    });
    actors = await play(
      bridge.sandbox,
      MIX.map((scenario) => [scenario]),
      () => undefined,
      240,
    );
    await bridge.stopServices();
  }, 2 * MASTER_TIMEOUT_MS);
  afterAll(async () => {
    await bridge?.close();
    await master.stop();
  }, MASTER_TIMEOUT_MS);

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
      });
      expect(artifacts.get('public/logs/live_backing.log')).toMatchObject({
        storageType: 'reference',
        url: expect.stringMatching(new RegExp(`^${master.url}/#/builders/\\d+/builds/\\d+$`)),
      });
    }
  });
});
