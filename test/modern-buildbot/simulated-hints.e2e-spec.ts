import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { eventually } from '../support/eventually.js';
import { startWell, writeModernConfiguration } from '../support/modern-bridge.js';
import { compileProject } from '../support/project.js';
import { MasterCalls } from '../support/real-buildbot/master-calls.js';
import { ServiceProcess } from '../support/service-process.js';
import { SimulatedMaster } from '../support/simulated-buildbot/simulated-master.js';

// The reflector makes one pass, which creates the build requests, and no other one while the tests run.
const NEVER = 1_000_000;
const LIMIT = 300_000;

describe('hints of a simulated master', () => {
  let folder: string;
  let master: SimulatedMaster;
  let taskcluster: TaskclusterSimulator;
  let listener: ServiceProcess;
  let tasks: string[];
  const requests = () => master.simulator.database.requests.all().map(({ buildrequestid }) => buildrequestid);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-simulated-hints-'));
    await compileProject();
    master = await SimulatedMaster.start();
    taskcluster = await new TaskclusterSimulator({
      tickEvery: 100,
      knownTaskQueues: ['buildbot-bridge/buildbot-bridge'],
    }).start();
    const file = await writeModernConfiguration(folder, taskcluster, master);
    tasks = ['steered', 'slow'].map((buildername) =>
      taskcluster.createTask({ payload: { buildername, sourcestamp: {}, properties: { seconds: 600 } } }),
    );
    await startWell('reflector', file, { BBB_REFLECTOR_INTERVAL: String(NEVER) });
    await eventually(() => expect(requests()).toHaveLength(2), 60);
    listener = await startWell('bb-listener', file);
  }, LIMIT);
  afterAll(async () => {
    await ServiceProcess.killAll();
    await taskcluster.stop();
    await master.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const waitUntil = (taskId: string, expected: object) =>
    eventually(() => {
      const { runs, state } = taskcluster.state.status(taskId);
      expect({ state, reason: runs.at(-1)!.reasonResolved }).toMatchObject(expected);
    }, 60);
  const requestOf = (taskId: string) => {
    const { buildsets, requests: all } = master.simulator.database;
    const [set] = buildsets.of('external_idstring', `${taskId}/0`);
    return all.of('buildsetid', set!.bsid)[0]!.buildrequestid;
  };

  it(
    'bring a build from its start to its end',
    async () => {
      const [steered] = tasks as [string];
      await master.steer(requestOf(steered), 'start');
      master.simulator.wake();
      await waitUntil(steered, { state: 'running' });
      await master.steer(requestOf(steered), 'end', '2');
      await waitUntil(steered, { state: 'failed' });
    },
    LIMIT,
  );

  it(
    'come again after a cut, and what was missed is found; the metrics tell of it',
    async () => {
      const [, slow] = tasks as [string, string];
      await waitUntil(slow, { state: 'running' });
      await listener.until('/metrics', ({ text }) => text.includes('bbb_event_streams 1'));
      for (const socket of master.simulator.web.sockets) socket.cut();
      // Before the bridge connects again, a second later.
      await new MasterCalls(master.rest).cancelUntilComplete(requestOf(slow));
      await waitUntil(slow, { state: 'exception', reason: 'canceled' });
      await listener.until('/metrics', ({ text }) =>
        [/^bbb_event_streams_lost_total\{reason="closed"\} 1$/m, /^bbb_event_streams 1$/m].every((line) =>
          line.test(text),
        ),
      );
    },
    LIMIT,
  );
});
