import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TaskExplanation } from '@bbb/operation';
import { record } from '../libs/commands/src/testing/recording-host.js';
import { createTask as createInput, type Scenario } from '../sandbox/mix.js';
import { describeDatabases } from './support/databases.js';
import { eventually } from './support/eventually.js';
import { openSandboxedBridge, type SandboxedBridge } from './support/sandboxed-bridge.js';

const IDLE: Scenario = {
  name: 'waits for a worker',
  builder: 'Linux x86-64 oak idle',
  taskcluster: 'pending',
  buildbot: 'waiting',
};
const HELD: Scenario = {
  name: 'is being built',
  plan: () => ({ hold: true }),
  taskcluster: 'running',
  buildbot: 'building',
};

describeDatabases('questions of an operator, on %s', (database) => {
  let bridge: SandboxedBridge;
  let group = 0;

  beforeAll(async () => {
    bridge = await openSandboxedBridge({ database, services: 'in process', scenarios: [IDLE, HELD] });
  }, 60_000);
  afterAll(() => bridge?.close());

  const createTask = (scenario: Scenario) =>
    bridge.sandbox.taskcluster.createTask(createInput(scenario, group++, Date.now() / 1000));

  const ask = (...args: string[]) => record('-c', bridge.configFile, ...args);

  async function askForJson<T>(...args: string[]): Promise<T> {
    return JSON.parse((await ask(...args, '--json')).stdout) as T;
  }

  const explain = (taskId: string) => askForJson<TaskExplanation>('explain', taskId);

  it('why is task X where it is? it waits for a worker, behind others', async () => {
    const [first, second] = [createTask(IDLE), createTask(IDLE)];
    const explained = await eventually(async () => {
      const both = [await explain(first), await explain(second)];
      expect(both.map(({ request }) => request?.state.at)).toEqual(['waiting', 'waiting']);
      return both;
    });
    expect(explained[0]).toMatchObject({
      buildername: IDLE.builder,
      task: { state: 'pending', url: expect.stringContaining(`/tasks/${first}/runs/0`) },
      request: { url: expect.stringMatching(/\/oak\/request\/\d+$/), building: 0 },
      decision: { verdict: 'wait' },
      wait: { for: 'worker' },
      problems: [],
    });
    // Requests of one second come first by their id.
    const ahead = explained.map(({ request }) => request!.ahead!).sort();
    expect(ahead).toEqual([0, 1]);
    const { code, stdout } = await ask('explain', first);
    expect(code).toBe(0);
    expect(stdout).toContain('waits for: a worker in Buildbot takes the build request');
    expect(stdout).toMatch(/open since .*: [01] requests of this builder are ahead, 0 are being built/);
  });

  it('what happens next, and when? the claim is reclaimed', async () => {
    const taskId = createTask(HELD);
    const { decision, wait, row } = await eventually(async () => {
      const explained = await explain(taskId);
      expect(explained.wait?.for).toBe('build');
      return explained;
    });
    const { claimedUntil, reclaimedFrom } = decision!.limits;
    expect(wait!.text).toBe('the build ends');
    expect(Math.floor(claimedUntil!)).toBe(row!.takenUntil);
    expect(reclaimedFrom).toBeLessThan(claimedUntil!);
    const { stdout } = await ask('explain', taskId);
    expect(stdout).toMatch(/claimed until \S+Z \(in \d+ s\), reclaimed from \S+Z/);
  });

  it('who cancelled it? also after the bridge has forgotten the row', async () => {
    const taskId = createTask(IDLE);
    await eventually(async () => expect((await explain(taskId)).request?.state.at).toBe('waiting'));
    bridge.sandbox.taskcluster.cancel(taskId);
    const { journal, code } = await eventually(async () => {
      const explained = await explain(taskId);
      expect(explained.row).toBeNull();
      const events = explained.journal.map(({ event }) => event);
      expect(events).toEqual(expect.arrayContaining(['build request created', 'task forgotten']));
      return { journal: explained.journal, code: (await ask('explain', taskId)).code };
    });
    expect(code).toBe(0);
    expect(journal[0]).toMatchObject({
      event: 'build request created',
      verdict: 'create-request',
      details: { buildername: IDLE.builder },
      instance: expect.stringContaining(`:${process.pid}`),
    });
    expect(journal.find(({ event }) => event === 'cancellation requested in Buildbot')).toMatchObject({
      cause: 'the task was cancelled in Taskcluster',
      details: { reasonResolved: 'canceled' },
    });
  });

  it('what is bridged, and what does each wait for?', async () => {
    const list = await eventually(async () => {
      const found = await askForJson<{ tasks: { wait?: { for: string } }[]; isComplete: boolean }>('tasks');
      expect(found.tasks.map(({ wait }) => wait?.for).sort()).toEqual(['build', 'worker', 'worker']);
      return found;
    });
    expect(list.isComplete).toBe(true);
    const waiting = await ask('tasks', '--waiting-for', 'worker', '--builder', '.*idle');
    expect(waiting).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n2 tasks\n$/) });
    expect((await ask('tasks', '--builder', 'idle')).stdout).toBe('0 tasks\n');
    expect((await ask('tasks', '--claims-below', '1h')).stdout).toMatch(/ build .*\n1 task\n$/);
    expect((await ask('tasks', '--claims-below', '0s')).stdout).toBe('0 tasks\n');
  });

  it('are all instances well?', async () => {
    const { instances } = await eventually(async () => {
      const found = await askForJson<{ instances: Record<string, unknown>[] }>('instances');
      expect(found.instances).toHaveLength(3);
      return found;
    });
    expect(instances.map(({ service, health }) => ({ service, health }))).toEqual([
      { service: 'bb-listener', health: 'well' },
      { service: 'reflector', health: 'well' },
      { service: 'tc-listener', health: 'well' },
    ]);
    expect((await ask('instances')).code).toBe(0);
  });
});
