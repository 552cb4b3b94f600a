import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Scenario } from '../sandbox/mix.js';
import { hasArrived, play } from '../sandbox/story.js';
import { COMPILATION_LIMIT } from './support/project.js';
import { openSandboxedBridge, type SandboxedBridge } from './support/sandboxed-bridge.js';
import { ServiceProcess } from './support/service-process.js';
import { describeWhere, isReachable } from './support/servers.js';
import { startServiceProcess } from './support/service-sandbox.js';

const TASKS = 40;

/** It ends when its task is running: the end is announced after the claim. */
const BUILD: Scenario = {
  name: 'success',
  plan: () => ({ hold: true }),
  user: [
    {
      when: ({ taskState }) => taskState === 'running',
      act: (sandbox, { requests }) => sandbox.finishBuild(requests[0]!.buildRequestId),
    },
  ],
  taskcluster: 'completed',
  buildbot: 'SUCCESS',
};

describeWhere(isReachable('rabbitmq'))('two bb-listeners, each with half of the messages', () => {
  let bridge: SandboxedBridge;

  beforeAll(async () => {
    bridge = await openSandboxedBridge({
      database: 'sqlite',
      services: 'processes',
      scenarios: [BUILD],
      // The reflector leaves everything to the messages, however busy the machine is.
      pace: {
        claimTimeout: 1200,
        reclaimWindow: 600,
        messageGrace: 300,
        finishedGrace: 360,
        artifactWait: 300,
      },
    });
    const second = await startServiceProcess('bb-listener', bridge.configFile);
    await second.ready();
  }, COMPILATION_LIMIT);
  afterAll(async () => {
    await ServiceProcess.killAll();
    await bridge?.close();
  });

  it('claim nearly every run once: the end of a build goes to the one that has claimed its run', async () => {
    const { sandbox } = bridge;
    const actors = await play(
      sandbox,
      Array.from({ length: TASKS }, () => [BUILD]),
      () => undefined,
      150,
    );
    expect(actors.filter(hasArrived)).toHaveLength(TASKS);
    const claims = sandbox.taskcluster.calls.of('claimTask').filter(({ status }) => status === 200);
    process.stdout.write(`two bb-listeners: ${claims.length} claims of ${TASKS} runs\n`);
    expect(claims.length).toBeGreaterThanOrEqual(TASKS);
    // Where any of the two handles the message of an end, half of the runs are claimed again.
    expect(claims.length).toBeLessThanOrEqual(TASKS * 1.25);
  }, 200_000);
});
