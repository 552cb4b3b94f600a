import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { isFull } from '../support/campaign.js';
import { eventually } from '../support/eventually.js';
import { startWell, writeModernConfiguration } from '../support/modern-bridge.js';
import { compileProject } from '../support/project.js';
import { MasterCalls, type RequestRow } from '../support/real-buildbot/master-calls.js';
import { FEW_OWN_KINDS, isPossible } from '../support/real-buildbot/masters.js';
import { RealMaster } from '../support/real-buildbot/real-master.js';
import { describeEach } from '../support/servers.js';
import { ServiceProcess } from '../support/service-process.js';

/** How a task for each of these builders ends. */
const ENDS = {
  good: { state: 'completed', reason: 'completed' },
  warn: { state: 'failed', reason: 'failed' },
  bad: { state: 'failed', reason: 'failed' },
  exception: { state: 'exception', reason: 'malformed-payload' },
  retry: { state: 'completed', reason: 'completed' },
  numbers: { state: 'completed', reason: 'completed' },
};

// No event reaches the bridge: what a reflector sees on both sides is enough to bring every task to its end. Two of them
// take turns.
describeEach(FEW_OWN_KINDS, isPossible)('tasks on a real master, %s', (kind) => {
  let folder: string;
  let master: RealMaster;
  let calls: MasterCalls;
  let taskcluster: TaskclusterSimulator;
  let services: ServiceProcess[] = [];
  /** Tasks by builder, built at the same time. */
  const played = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-modern-'));
    await compileProject();
    master = await RealMaster.start(kind);
    calls = new MasterCalls(master.rest);
    taskcluster = await new TaskclusterSimulator({
      tickEvery: 100,
      knownTaskQueues: ['buildbot-bridge/buildbot-bridge'],
      settings: { claimTimeout: 60 },
    }).start();
    const file = await writeModernConfiguration(folder, taskcluster, master, {
      artifacts: { step_log_bytes: 10_000 },
      reflector: { interval: 0.5, reclaim_window: 30, missing_grace: 5, orphan_grace: 1 },
    });
    services = await Promise.all([1, 2].map(() => startWell('reflector', file)));
    for (const builder of Object.keys(ENDS)) played.set(builder, createTask(builder));
  });

  afterAll(async () => {
    const codes = await Promise.all(services.map((service) => service.stop()));
    await ServiceProcess.killAll();
    await taskcluster.stop();
    await master.dispose();
    await rm(folder, { recursive: true, force: true });
    expect(codes).toEqual([0, 0]);
  });

  const createTask = (buildername: string, properties: object = {}) =>
    taskcluster.createTask({
      payload: { buildername, sourcestamp: { branch: 'main' }, properties: { ...properties } },
    });

  /** How the task ended: its state, and the reason of its last run. */
  const ended = (taskId: string) =>
    eventually(() => {
      const { state, runs } = taskcluster.state.status(taskId);
      expect(['completed', 'failed', 'exception']).toContain(state);
      return { state, reason: runs.at(-1)!.reasonResolved };
    }, 60);

  /** The requests that were made for a task. */
  async function requestsOf(taskId: string): Promise<RequestRow[]> {
    const sets = await calls.buildsets(`${taskId}/0`);
    const found = await Promise.all(
      sets.map(({ bsid }) => master.rest.rows(`/buildrequests?buildsetid=${bsid}`)),
    );
    return found.flat() as RequestRow[];
  }

  const running = (taskId: string) =>
    eventually(async () => {
      const [request] = await requestsOf(taskId);
      expect(taskcluster.state.status(taskId).runs.at(-1)!.state).toBe('running');
      return request!.buildrequestid;
    }, 60);

  it.each(Object.entries(ENDS))('%s ends as it should, of one build request', async (builder, end) => {
    const taskId = played.get(builder)!;
    expect(await ended(taskId)).toEqual(end);
    expect(await requestsOf(taskId)).toHaveLength(1);
  });

  it('the properties of a build and the page with its logs are attached', async () => {
    const taskId = createTask('good', { colour: ['red', { a: 1 }] });
    await ended(taskId);
    const artifacts = taskcluster.artifactsOf(taskId, 0);
    const properties = artifacts.find(({ name }) => name === 'public/properties.json')!;
    const [request] = await requestsOf(taskId);
    const { builderid, number } = (await calls.build(request!.buildrequestid))!;
    expect(JSON.parse(properties.content!.toString())).toMatchObject({
      ...{
        taskId: [taskId, 'bridge'],
        createdForRunId: [0, 'bridge'],
        bridge_id: [`${taskId}/0`, 'Scheduler'],
      },
      ...{ colour: [['red', { a: 1 }], 'bridge'], product: ['a build', expect.any(String)] },
      buildername: ['good', 'Builder'],
    });
    expect(artifacts.find(({ name }) => name === 'public/logs/live_backing.log')).toMatchObject({
      url: `${master.url}/#/builders/${builderid}/builds/${number}`,
    });
  });

  it('the log of the step that failed is attached, without the environment of the worker', async () => {
    const taskId = createTask('bad');
    await ended(taskId);
    const log = taskcluster.artifactsOf(taskId, 0).find(({ name }) => name === 'public/logs/failed_step.log');
    expect(log!.content!.toString()).toBe('no\n');
    const [request] = await requestsOf(taskId);
    const { buildid } = (await calls.build(request!.buildrequestid))!;
    const { text } = await master.rest.text(`/api/v2/builds/${buildid}/steps/compile/logs/stdio/raw`);
    expect(text).toContain('PATH=');
  });

  it('a task cancelled in Taskcluster stops its build', async () => {
    const taskId = createTask('slow');
    const request = await running(taskId);
    taskcluster.cancel(taskId);
    expect(await calls.completed(request)).toMatchObject({ results: 6 });
    expect(await ended(taskId)).toEqual({ state: 'exception', reason: 'canceled' });
  });

  it('a pending task cancelled in Taskcluster takes its request back', async () => {
    const taskId = createTask('unserved');
    const [request] = await calls.until(
      () => requestsOf(taskId),
      ({ length }) => length > 0,
    );
    taskcluster.cancel(taskId);
    expect(await calls.completed(request!.buildrequestid)).toMatchObject({ results: 6 });
  });

  it('a build cancelled in Buildbot cancels its task', async () => {
    const taskId = createTask('slow');
    await calls.cancelUntilComplete(await running(taskId));
    expect(await ended(taskId)).toEqual({ state: 'exception', reason: 'canceled' });
  });

  it.each([
    ['an unknown builder', 'Amiga build', {}],
    ['a property that moves a build to another builder', 'good', { virtual_builder_name: 'bad' }],
  ])('%s is a malformed payload', async (_, builder, properties) => {
    const taskId = createTask(builder, properties);
    expect(await ended(taskId)).toEqual({ state: 'exception', reason: 'malformed-payload' });
    expect(await requestsOf(taskId)).toEqual([]);
  });

  // It waits for the master most of the time.
  if (!isFull) return;

  it('a planned restart of the master costs a run, and no task', async () => {
    const taskId = createTask('slow', { seconds: 6 });
    const request = await running(taskId);
    // A build that is in no step yet ends in RETRY instead.
    await calls.inStep(request);
    await master.restart();
    expect(await ended(taskId)).toEqual({ state: 'completed', reason: 'completed' });
    expect(taskcluster.state.status(taskId).runs[0]).toMatchObject({ reasonResolved: 'worker-shutdown' });
  });
});
