import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PushServer } from '../../apps/bb-listener/src/modern/push-server.js';
import { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { eventually } from '../support/eventually.js';
import { startWell, writeModernConfiguration } from '../support/modern-bridge.js';
import { compileProject } from '../support/project.js';
import { MasterCalls } from '../support/real-buildbot/master-calls.js';
import { isPossible } from '../support/real-buildbot/masters.js';
import { RealMaster } from '../support/real-buildbot/real-master.js';
import { describeWhere } from '../support/servers.js';
import { ServiceProcess } from '../support/service-process.js';

Logger.overrideLogger(false);
// The reflector makes one pass, which creates the build requests, and no other one while the tests run.
const NEVER = 1_000_000;
const SECRET = 'a secret of the tests';

describeWhere(isPossible('sqlite'))('hints of a real master', () => {
  let folder: string;
  let master: RealMaster;
  let calls: MasterCalls;
  const pushed: number[] = [];
  const pushes = new PushServer({ host: '127.0.0.1', port: 0, secret: SECRET });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-hints-'));
    await pushes.start((id) => pushed.push(id));
    const push = { url: `http://127.0.0.1:${pushes.port}`, secret: SECRET };
    master = await RealMaster.start('sqlite', { push });
    calls = new MasterCalls(master.rest);
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    await master.dispose();
    await pushes.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('its HttpStatusPush posts tell of requests, of their cancellation, and of the start and end of builds', async () => {
    const pending = await calls.force('unserved');
    await eventually(() => expect(pushed.splice(0)).toEqual([pending]), 60);
    await calls.cancelUntilComplete(pending);
    await eventually(() => expect(pushed.splice(0)).toEqual([pending]), 60);
    const built = await calls.force('bad');
    await calls.completed(built);
    await eventually(() => expect(pushed).toEqual([built, built, built]), 60);
  });

  describe('over its WebSocket', () => {
    let taskcluster: TaskclusterSimulator;
    let listener: ServiceProcess;
    let tasks: Record<'bad' | 'slow' | 'stopped', string>;

    beforeAll(async () => {
      await compileProject();
      taskcluster = await new TaskclusterSimulator({
        tickEvery: 100,
        knownTaskQueues: ['buildbot-bridge/buildbot-bridge'],
      }).start();
      const file = await writeModernConfiguration(folder, taskcluster, master);
      const createTask = (buildername: string, properties: object = {}) =>
        taskcluster.createTask({ payload: { buildername, sourcestamp: {}, properties: { ...properties } } });
      tasks = {
        bad: createTask('steered'),
        slow: createTask('slow', { seconds: 600 }),
        // Another builder: on a worker, one builds a single request at a time.
        stopped: createTask('child', { seconds: 600 }),
      };
      await startWell('reflector', file, { BBB_REFLECTOR_INTERVAL: String(NEVER) });
      await Promise.all(Object.values(tasks).map(findRequest));
      listener = await startWell('bb-listener', file);
    });
    afterAll(() => taskcluster.stop());

    const findRequest = (taskId: string) =>
      eventually(async () => {
        const [set] = await calls.buildsets(`${taskId}/0`);
        const [request] = await master.rest.rows(`/buildrequests?buildsetid=${set.bsid}`);
        return request.buildrequestid as number;
      }, 60);

    const waitUntil = (taskId: string, expected: object) =>
      eventually(() => {
        const { runs, state } = taskcluster.state.status(taskId);
        expect({ state, runs: runs.length, reason: runs.at(-1)!.reasonResolved }).toMatchObject(expected);
      }, 60);

    it('bring a build from its start to its end', async () => {
      const request = await findRequest(tasks.bad);
      await master.steer(request, 'start');
      // The builder looks for work when something happens.
      await calls.completed(await calls.force('bad'));
      await waitUntil(tasks.bad, { state: 'running' });
      await master.steer(request, 'end', '2');
      await waitUntil(tasks.bad, { state: 'failed' });
    });

    it('tell of a build that was stopped', async () => {
      await waitUntil(tasks.stopped, { state: 'running' });
      await calls.cancelUntilComplete(await findRequest(tasks.stopped));
      await waitUntil(tasks.stopped, { state: 'exception', reason: 'canceled' });
    });

    it('are followed again after a crash of the master, and what was missed is found', async () => {
      await waitUntil(tasks.slow, { state: 'running', runs: 1 });
      await master.kill();
      await listener.until('/health/ready', ({ text }) => text.includes('no events from'));
      // The build ends in RETRY before REST answers, when no event can be followed.
      await master.start();
      await waitUntil(tasks.slow, { state: 'running', runs: 2 });
      await listener.until('/health/ready', ({ text }) => !text.includes('no events from'));
    });
  });
});
