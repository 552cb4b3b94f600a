import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ListedInstance, TaskExplanation } from '@bbb/operation';
import { record } from '../libs/commands/src/testing/recording-host.js';
import { createTask as createInput, type Scenario } from '../sandbox/mix.js';
import { isFull } from './support/campaign.js';
import { DATABASE_KINDS, isUsable } from './support/databases.js';
import { eventually } from './support/eventually.js';
import { ROOT } from './support/project.js';
import { openSandboxedBridge, type SandboxedBridge } from './support/sandboxed-bridge.js';
import { describeEach } from './support/servers.js';

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

const ENDS: Scenario = { name: 'is built at once', taskcluster: 'completed', buildbot: 'SUCCESS' };

let mayClaim = false;
/** Taskcluster lets nobody claim its run until {@link mayClaim}. */
const REFUSED: Scenario = {
  ...HELD,
  name: 'cannot be claimed',
  fault: ({ method }) =>
    method === 'claimTask' && !mayClaim ? { status: 403, code: 'InsufficientScopes', message: 'no' } : 'pass',
};

/** The output of a command in docs/operations.md. */
function readSample(command: string): string {
  const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  const [, sample] = new RegExp(`^\\$ buildbot-bridge .*\\b${command} .*\\n([^\`]*)`, 'm').exec(page)!;
  return sample!;
}

/** Without what is different each time. */
function toShape(output: string): string {
  return output
    .replace(/https?:\S+(?=\/(?:tasks|oak)\/)/g, 'URL')
    .replace(/[\w-]{22}/g, 'TASK')
    .replace(/\d{4}-[\d-]+T[\d:]+Z/g, 'TIME')
    .replace(/\bby \S+ on \S+/g, 'by INSTANCE')
    .replace(/oak \w+/g, 'BUILDER')
    .replace(/[\d.]+ (?:ms|s|min|h|d)\b/g, 'DURATION')
    .replace(/\d+/g, 'N');
}

/** The value of a counter, or the count and sum of a histogram, over several services. */
function readMetric(metrics: string, name: string): { count: number; seconds: number } {
  const sum = (suffix: string) =>
    [...metrics.matchAll(new RegExp(`^bbb_${name}${suffix}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return { count: sum('(?:_count)?'), seconds: sum('_sum') };
}

/** What the answers are read from is tested on each database beside its code. */
const KINDS = isFull ? DATABASE_KINDS : (['sqlite'] as const);

describeEach(KINDS, isUsable)('questions of an operator, on %s', (database) => {
  let bridge: SandboxedBridge;
  let group = 0;

  beforeAll(async () => {
    bridge = await openSandboxedBridge({
      ...{ database, services: 'in process', scenarios: [IDLE, HELD, REFUSED, ENDS] },
      settings: { parking: { first_delay: 0.1, max_delay: 0.1, interval: 0.1, attempts: 2 } },
    });
  }, 60_000);
  afterAll(() => bridge?.close());

  const createTask = (scenario: Scenario) =>
    bridge.sandbox.taskcluster.createTask(createInput(scenario, group++, Date.now() / 1000));

  const ask = (...args: string[]) => record('-c', bridge.configFile, ...args);

  async function askForJson<T>(...args: string[]): Promise<T> {
    const { stdout, stderr } = await ask(...args, '--json');
    if (stdout === '') throw new Error(`${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  const readHealth = async () =>
    ((await (await fetch(`${bridge.health['tc-listener']}/health/ready`)).json()) as { details: object })
      .details;

  const scrape = async (service: keyof SandboxedBridge['health'] = 'reflector') =>
    (await fetch(`${bridge.health[service]}/metrics`)).text();

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
    // Entries of the journal are written together, a moment later.
    await eventually(async () =>
      expect(toShape((await ask('explain', first)).stdout)).toBe(toShape(readSample('explain'))),
    );
  });

  it('what happens next, and when? the claim is reclaimed', async () => {
    const taskId = createTask(HELD);
    const { decision, wait, row } = await eventually(async () => {
      const explained = await explain(taskId);
      expect(explained.wait?.for).toBe('build');
      expect(explained.row?.takenUntil).not.toBeNull();
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

  it('how many an hour, how long do they wait, how long for Buildbot, how long for us? the metrics tell', async () => {
    const asked = [
      'build_requests_created_total',
      'pending_to_request_seconds',
      'request_to_build_seconds',
      'finish_to_resolve_seconds',
    ];
    const taskId = createTask(ENDS);
    const measured = await eventually(async () => {
      const metrics = (
        await Promise.all((['tc-listener', 'bb-listener', 'reflector'] as const).map(scrape))
      ).join('\n');
      const found = asked.map((name) => readMetric(metrics, name));
      for (const { count } of found) expect(count).toBeGreaterThan(0);
      return found;
    });
    for (const { seconds } of measured) expect(seconds).toBeGreaterThanOrEqual(0);
    expect((await explain(taskId)).task?.state).toBe('completed');
  });

  it('are all instances well?', async () => {
    await eventually(async () => {
      const { instances } = await askForJson<{ instances: ListedInstance[] }>('instances');
      expect(instances.map(({ service }) => service)).toEqual(['bb-listener', 'reflector', 'tc-listener']);
      for (const { problems, health } of instances)
        expect({ problems, health }).toEqual({ problems: [], health: 'well' });
      expect((await ask('instances')).code).toBe(0);
    }, 40);
  }, 60_000);

  it('Buildbot is down for maintenance: nothing is created, all else goes on, until it is resumed', async () => {
    const paused = await ask('pause', '--builder', '.*oak build$', '--reason', 'masters are upgraded');
    expect(paused).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('paused builders .*oak build$'),
    });
    expect((await ask('pauses')).stdout).toMatch(/\.\*oak build\$ .*masters are upgraded/);
    // Services read the pauses every 5 seconds.
    await sleep(6000);
    const taskId = createTask(HELD);
    const other = createTask(IDLE);
    await eventually(async () => expect((await explain(other)).wait?.for).toBe('worker'));
    expect(await explain(taskId)).toMatchObject({
      row: null,
      buildername: 'Linux x86-64 oak build',
      pause: { builders: '.*oak build$' },
      wait: { for: 'operator' },
    });
    expect(await readHealth()).toMatchObject({
      'paused-builders': { status: 'degraded', reason: expect.stringContaining('masters are upgraded') },
    });
    expect(await scrape()).toContain('bbb_pauses 1\n');
    // A task that was running before is cancelled as ever.
    bridge.sandbox.taskcluster.cancel(other);
    await eventually(async () => expect((await explain(other)).row).toBeNull());

    const plan = await askForJson<{ tasks: { taskId: string; verdict: string; reason: string }[] }>(
      'pass',
      '--dry-run',
      '--all',
    );
    expect(plan.tasks).toContainEqual(
      expect.objectContaining({
        step: 'pending',
        taskId,
        verdict: 'ignore',
        reason: expect.stringMatching(/resume/),
      }),
    );

    expect(await ask('resume')).toMatchObject({ code: 0, stdout: 'resumed builders .*oak build$\n' });
    expect(await ask('resume')).toMatchObject({ code: 1, stdout: '' });
    await eventually(async () =>
      expect((await explain(taskId)).row?.buildRequestId).toEqual(expect.any(Number)),
    );
  }, 60_000);

  it('which messages could not be handled, and can they be handled now?', async () => {
    mayClaim = false;
    const [taskId, other] = [createTask(REFUSED), createTask(REFUSED)];
    const list = (...filters: string[]) =>
      askForJson<{ quarantined: number; messages: { id: number; error: string }[] }>(
        ...['messages', 'list', ...filters],
      );
    const filters = ['--state', 'quarantined', '--subscription', 'started'];
    const ids = await eventually(async () => {
      const { messages } = await list(...filters);
      expect(messages.map(({ error }) => /403/.exec(error)?.[0])).toEqual(['403', '403']);
      return messages.map((message) => String(message.id));
    });
    const [id, unwanted] = ids as [string, string];
    expect((await ask('messages', 'show', id)).stdout).toMatch(/^subscription +started$/m);

    // It fails again, and is handled when the cause is gone.
    const failed = await ask('messages', 'replay', id, '--wait', '100');
    expect(failed).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/ failed again .*: 403 InsufficientScopes to claimTask/),
    });
    await eventually(async () => expect((await list(...filters)).quarantined).toBe(2));
    expect((await ask('messages', 'replay', '--all', '--state', 'parked')).stdout).toMatch(/^queued 0 /);
    // One is dropped: its task loses nothing, for the reflector looks at it as well.
    expect(await ask('messages', 'drop', unwanted)).toMatchObject({
      code: 0,
      stdout: `message ${unwanted} deleted\n`,
    });
    expect(await ask('messages', 'drop', unwanted)).toMatchObject({
      code: 1,
      // The services of this process log there as well.
      stderr: expect.stringContaining(`no message ${unwanted}\n`),
    });
    expect((await list(...filters)).quarantined).toBe(1);
    mayClaim = true;
    expect(await ask('messages', 'replay', '--all', '--wait', '100')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/handled/),
    });
    expect((await list()).messages).toEqual([]);
    for (const one of [taskId, other])
      await eventually(async () => expect((await explain(one)).row?.takenUntil).toEqual(expect.any(Number)));
  }, 240_000);

  it('is my configuration right, and which value came from where?', async () => {
    const check = await ask('check', '--service', 'reflector');
    expect(check).toMatchObject({ code: 0, stderr: '' });
    for (const system of ['bridge-db', 'scheduler-db', 'taskcluster', 'clock', 'self-serve', 'builder-list'])
      expect(check.stdout).toMatch(new RegExp(`^${system} +ok `, 'm'));
    // No listener of this process has its broker on the network.
    expect(await ask('check')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^pulse +failed /m) });
    const { stdout } = await ask('config', '--sources');
    expect(stdout).toMatch(
      new RegExp(`^parking\\.attempts +2 +parking\\.attempts in ${bridge.configFile} `, 'm'),
    );
    expect(stdout).toMatch(/^journal\.days +14 +default +BBB_JOURNAL_DAYS$/m);
  });

  it('what would a pass do? the verdict and reason of each task, and nothing is done', async () => {
    await bridge.stopServices();
    const taskId = createTask(IDLE);
    const plan = await askForJson<{ verdicts: object; tasks: object[] }>('pass', '--dry-run');
    expect(plan.tasks).toContainEqual({
      step: 'pending',
      taskId,
      runId: 0,
      buildRequestId: null,
      verdict: 'create-request',
      reason: 'the run is pending, the build request is untracked',
    });
    expect((await explain(taskId)).row).toBeNull();
    expect((await ask('pass', '--dry-run')).stdout).toMatch(new RegExp(`${taskId} .* create-request `));
    expect((await ask('pass')).code).toBe(64);

    const ignored = await ask('sync', taskId);
    expect(ignored).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^build request created\nwaits for: a worker/),
    });
    expect(await ask('sync', taskId)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^nothing was done\n/),
    });
    expect((await explain(taskId)).journal).toEqual([
      expect.objectContaining({ event: 'build request created', service: 'command' }),
    ]);
  });

  it('which instances were stopped? they have left the list', async () => {
    await bridge.stopServices();
    expect(await ask('instances')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('no instance has reported itself'),
    });
  });
});
