import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Refused, type Artifact, type Redaction, type RunRef, type Telemetry } from '@bbb/rules';
import { TaskclusterSimulator, type Fault } from '../../../sandbox/taskcluster/index.js';
import { TaskclusterQueue, type TaskclusterOptions } from './index.js';
import { createOptions } from './testing/options.js';

const SECRET = 'the-access-token-of-the-bridge';

describe('TaskclusterQueue', () => {
  const clock = {
    time: 0,
    now() {
      return this.time;
    },
  };
  let simulator: TaskclusterSimulator;
  let open: TaskclusterQueue[];

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));
  beforeEach(async () => {
    clock.time = Date.now() / 1000;
    simulator = await new TaskclusterSimulator({ clock }).start();
    open = [];
  });
  afterEach(async () => {
    for (const queue of open) queue.close();
    await simulator.stop();
  });

  const connect = (
    changes: Partial<TaskclusterOptions> = {},
    telemetry?: Telemetry,
    redaction?: Redaction,
  ) => {
    const queue = new TaskclusterQueue(
      createOptions(simulator, { accessToken: SECRET, ...changes }),
      telemetry,
      redaction,
    );
    open.push(queue);
    return queue;
  };
  const fail = (method: string, ...faults: Fault[]) => {
    simulator.faults = (call) => (call.method === method ? (faults.shift() ?? 'pass') : 'pass');
  };
  const always = (method: string, fault: Fault) => {
    simulator.faults = (call) => (call.method === method ? fault : 'pass');
  };
  const unavailable = (about: RegExp) => ({
    name: 'Unavailable',
    system: 'taskcluster',
    message: expect.stringMatching(about),
  });
  const expires = () => new Date((clock.time + 3600) * 1000).toISOString();
  const log = (): Artifact => ({
    kind: 'file',
    name: 'public/log.txt',
    expires: expires(),
    contentType: 'text/plain',
    content: 'line',
  });
  const running = async (queue: TaskclusterQueue) => {
    const run = { taskId: simulator.createTask(), runId: 0 };
    await queue.claim(run);
    return run;
  };

  describe('connections', () => {
    it('are kept and shared, also between the credentials of many runs', async () => {
      const queue = connect();
      for (let i = 0; i < 20; i += 1) {
        const run = await running(queue);
        await queue.reclaim(run);
        await queue.report(run, { report: 'completed' });
      }
      expect(simulator.calls.total).toBe(60);
      expect(new Set(simulator.calls.of('reclaimTask').map(({ clientId }) => clientId)).size).toBe(20);
      // undici frees a connection a turn of the event loop after the answer (client-h1.js: in case the server closes it
      // against its word). A call that follows in the same turn opens a second one; from then on the two take turns.
      expect(simulator.connections).toBeLessThanOrEqual(2);
    });

    it('are not more than allowed', async () => {
      const queue = connect({ maxConnections: 3 });
      simulator.latency = 5;
      const runs = Array.from({ length: 30 }, () => ({ taskId: simulator.createTask(), runId: 0 }));
      await Promise.all(runs.map((run) => queue.claim(run)));
      expect(simulator.connections).toBe(3);
    });

    it('of one queue are not those of another', async () => {
      const taskId = simulator.createTask();
      await connect().readStatus(taskId);
      await connect().readStatus(taskId);
      expect(simulator.connections).toBe(2);
    });
  });

  describe('answers that do not come from Taskcluster', () => {
    it.each<[string, Fault]>([
      ['a web page', 'html'],
      ['a redirect', 'redirect'],
      ['half a JSON', 'broken-json'],
      ['an empty object', { reply: {} }],
      ['a status of another shape', { reply: { status: { taskId: 1 } } }],
      ['a time that is none', { reply: { status: { taskId: 'x', deadline: 'soon' } } }],
    ])('%s is Unavailable, without a retry', async (_, fault) => {
      const taskId = simulator.createTask();
      fail('status', fault);
      await expect(connect().readStatus(taskId)).rejects.toMatchObject(
        unavailable(/^unusable answer to status: /),
      );
      expect(simulator.calls.count('status')).toBe(1);
    });

    it.each<Fault>(['html', 'redirect'])(
      '%j is Unavailable also where nothing is read of a reply',
      async (fault) => {
        const queue = connect();
        const run = await running(queue);
        fail('createArtifact', fault);
        const reason = 'file-missing-on-worker';
        const attach = queue.attach(run, {
          kind: 'error',
          name: 'log',
          expires: expires(),
          reason,
          message: '',
        });
        await expect(attach).rejects.toMatchObject(unavailable(/createArtifact/));
      },
    );

    const absent = (changes: object) => ({
      code: 'ResourceNotFound',
      message: 'no such task',
      requestInfo: { method: 'status', params: { taskId: 'YnSWRB4zShyldPp3OQc09A' } },
      ...changes,
    });

    it.each<[string, number, string, string]>([
      ['a page', 404, 'text/html', '<title>default backend</title>'],
      ['a text', 404, 'text/plain', 'not found'],
      ['foreign JSON', 404, 'application/json', '{"error":"not found"}'],
      ['an answer about another task', 404, 'application/json', JSON.stringify(absent({}))],
      [
        'an answer to another method',
        404,
        'application/json',
        JSON.stringify(absent({ requestInfo: { method: 'createTask', params: { taskId: '$' } } })),
      ],
      [
        'an absence without its request',
        404,
        'application/json',
        JSON.stringify(absent({ requestInfo: undefined })),
      ],
      ['another code', 404, 'application/json', JSON.stringify(absent({ code: 'RequestConflict' }))],
      ['a proxy’s refusal', 403, 'text/html', 'Forbidden'],
      ['a proxy’s conflict', 409, 'text/plain', 'conflict'],
    ])('%s is not a refusal, and does not change the task', async (_, status, type, text) => {
      const taskId = simulator.createTask();
      simulator.faults = () => ({ foreign: { status, type, text: text.replace('$', taskId) } });
      const queue = connect();
      for (const ask of [
        () => queue.readStatus(taskId),
        () => queue.readDefinition(taskId),
        () => queue.cancel(taskId),
      ]) {
        await expect(ask()).rejects.toMatchObject(unavailable(/^unusable answer to /));
      }
      expect(queue.findProblem()).toMatch(/check taskcluster_queue_config\.rootUrl$/);
    });

    it('a claim without takenUntil is Unavailable', async () => {
      const taskId = simulator.createTask();
      fail('claimTask', { reply: { status: simulator.state.status(taskId) } });
      await expect(connect().claim({ taskId, runId: 0 })).rejects.toMatchObject(unavailable(/claimTask/));
    });
  });

  describe('failures', () => {
    it.each<Fault>([{ status: 500 }, { status: 503 }, 'reset', 'effect-then-500', 'effect-then-reset'])(
      '%j passes with a retry',
      async (fault) => {
        fail('claimTask', fault);
        const taskId = simulator.createTask();
        expect((await connect().claim({ taskId, runId: 0 })).status.state).toBe('running');
        expect(simulator.calls.count('claimTask')).toBe(2);
      },
    );

    it('that stay are Unavailable, after the maximum retries', async () => {
      always('status', { status: 502, code: 'BadGateway' });
      const status = connect({ retries: 2 }).readStatus(simulator.createTask());
      await expect(status).rejects.toMatchObject(unavailable(/^502 BadGateway to status$/));
      expect(simulator.calls.count('status')).toBe(3);
    });

    it('to connect are Unavailable', async () => {
      const queue = connect({ rootUrl: 'http://127.0.0.1:1', retries: 0 });
      await expect(queue.readStatus(simulator.createTask())).rejects.toMatchObject(
        unavailable(/ECONNREFUSED$/),
      );
    });

    it('429 is Unavailable, without a retry', async () => {
      always('status', { status: 429, code: 'TooManyRequests' });
      const status = connect().readStatus(simulator.createTask());
      await expect(status).rejects.toMatchObject(unavailable(/^429/));
      expect(simulator.calls.count('status')).toBe(1);
    });

    it('400 is Refused, with the first line of what the server says', async () => {
      const refusal = await connect()
        .readStatus('nonsense')
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(Refused);
      expect(refusal).toMatchObject({
        status: 400,
        code: 'InvalidRequestArguments',
        message: '400 InvalidRequestArguments to status: Invalid URL patterns: taskId',
        isConfiguration: false,
      });
    });

    it('a server that does not answer is Unavailable when the time for a call is over', async () => {
      always('status', 'hang');
      const status = connect({ timeout: 0.05, retries: 0 }).readStatus(simulator.createTask());
      await expect(status).rejects.toMatchObject(unavailable(/^no answer to status: timeout$/));
    });

    it('no call outlives the deadline, however many tries are left', async () => {
      always('status', 'hang');
      const queue = connect({ timeout: 10, retries: 100, callDeadline: 0.3 });
      await expect(queue.readStatus(simulator.createTask())).rejects.toMatchObject(unavailable(/timeout$/));
      expect(simulator.calls.count('status')).toBe(1);
    });

    it('no call outlives the deadline, however many wait for a connection', async () => {
      always('claimTask', 'hang');
      const queue = connect({ timeout: 0.2, retries: 1, callDeadline: 0.3 });
      const runs = Array.from({ length: 100 }, () => ({ taskId: simulator.createTask(), runId: 0 }));
      for (const outcome of await Promise.allSettled(runs.map((run) => queue.claim(run)))) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable(/^no answer .* timeout$/) });
      }
      // Those that waited until the deadline were never made.
      expect(simulator.calls.count('claimTask')).toBeLessThan(20);
    });
  });

  describe('problem', () => {
    it('describes the failure of the last call, and ends with the next answer', async () => {
      const queue = connect({ retries: 0 });
      const taskId = simulator.createTask();
      expect(queue.findProblem()).toBeUndefined();
      fail(
        'status',
        { status: 503, code: 'Maintenance' },
        { status: 403, code: 'InsufficientScopes', message: 'No.' },
      );
      await expect(queue.readStatus(taskId)).rejects.toThrow();
      expect(queue.findProblem()).toBe('503 Maintenance to status');
      await expect(queue.readStatus(taskId)).rejects.toThrow();
      expect(queue.findProblem()).toBe('403 InsufficientScopes to status: No.');
      await queue.readStatus(taskId);
      expect(queue.findProblem()).toBeUndefined();
    });

    it('reports by how much a clock is off', async () => {
      const now = Date.now;
      const queue = connect();
      const taskId = simulator.createTask();
      await queue.readStatus(taskId);
      expect(Math.abs(queue.readClockOffset()!)).toBeLessThan(5);
      const spy = jest.spyOn(Date, 'now').mockImplementation(() => now() - 90_000);
      for (let call = 0; call < 5; call += 1) await queue.readStatus(taskId);
      spy.mockRestore();
      expect(queue.readClockOffset()).toBeGreaterThan(80);
      expect(queue.findProblem()).toMatch(
        /clock is \d+ s behind Taskcluster's; claims are kept by its time only; synchronise it$/,
      );
      for (let call = 0; call < 5; call += 1) await queue.readStatus(taskId);
      expect(queue.findProblem()).toBeUndefined();
    });

    it('is undefined when the queue refuses a call', async () => {
      const queue = connect();
      await expect(queue.claim({ taskId: 'AAAAAAAAQAGAAAAAAAAAAA', runId: 0 })).rejects.toThrow(Refused);
      expect(queue.findProblem()).toBeUndefined();
    });
  });

  it('teaches the redactor the secrets in the credentials of a run', async () => {
    const learned: string[] = [];
    const redaction: Redaction = {
      learn: (secret) => learned.push(secret),
      text: (given) => given,
      body: (given) => given,
      largeBody: async (given) => given,
    };
    await connect({}, undefined, redaction).claim({ taskId: simulator.createTask(), runId: 0 });
    const { accessToken, certificate } = simulator.state.issued[0]!;
    const { signature } = JSON.parse(certificate) as { signature: string };
    expect(learned).toEqual([accessToken, signature]);
  });

  it('counts its calls by method and outcome', async () => {
    const counted: unknown[] = [];
    const telemetry: Telemetry = {
      count: (metric, labels) => counted.push([metric, labels]),
      observe: () => undefined,
      set: () => undefined,
    };
    const queue = connect({}, telemetry);
    fail('status', { status: 500 }, 'pass', { status: 404 });
    const taskId = simulator.createTask();
    await queue.readStatus(taskId);
    await queue.readStatus(taskId);
    const call = (code: string) => ['external_calls_total', { system: 'taskcluster', op: 'status', code }];
    expect(counted).toEqual([call('unavailable'), call('ok'), call('404')]);
  });

  describe('the task queue', () => {
    it('is a problem until Taskcluster has seen a task of it; then it is not asked again', async () => {
      const queue = connect();
      expect(await queue.findTaskQueueProblem()).toMatch(
        /never seen this task queue.*tclistener\.provisioner_id/,
      );
      expect(await queue.findTaskQueueProblem()).toMatch(/never seen/);
      expect(simulator.calls.count('getTaskQueue')).toBe(1);

      simulator.createTask();
      const later = connect();
      expect(await later.findTaskQueueProblem()).toBeUndefined();
      expect(await later.findTaskQueueProblem()).toBeUndefined();
      expect(simulator.calls.count('getTaskQueue')).toBe(2);
    });

    it('is no problem without the scope to ask, and counts no refusal', async () => {
      const counts: unknown[] = [];
      const telemetry = {
        count: (name: string, labels: object) => counts.push({ name, ...labels }),
        observe: () => 0,
      };
      always('getTaskQueue', { status: 403, code: 'InsufficientScopes' });
      const queue = connect({}, telemetry as unknown as Telemetry);
      expect(await queue.findTaskQueueProblem()).toBeUndefined();
      expect(queue.findProblem()).toBeUndefined();
      expect(counts).toEqual([expect.objectContaining({ op: 'getTaskQueue', code: 'not-granted' })]);
    });

    it('is asked for again after an outage', async () => {
      const queue = connect({ retries: 0 });
      fail('getTaskQueue', { status: 503 });
      expect(await queue.findTaskQueueProblem()).toBeUndefined();
      expect(await queue.findTaskQueueProblem()).toMatch(/never seen/);
    });
  });

  describe('lists', () => {
    it('are read page by page', async () => {
      const created = Array.from({ length: 1201 }, () => simulator.createTask());
      const listed: string[] = [];
      for await (const { taskId } of connect().listPending()) listed.push(taskId);
      expect(listed).toEqual(created);
      // Pages of 100, 200, 400 and 800.
      expect(simulator.calls.count('listPendingTasks')).toBe(4);
    });

    it('ask for less where a page is too large, down to a single task', async () => {
      const payload = { buildername: 'b', filler: 'x'.repeat(9_000_000) };
      const created = Array.from({ length: 5 }, () => simulator.createTask({ payload }));
      const listed: string[] = [];
      for await (const { taskId } of connect().listPending()) listed.push(taskId);
      expect(listed).toEqual(created);
    });

    it('leave out a malformed entry, and keep the others', async () => {
      const taskId = simulator.createTask();
      const task = simulator.state.task(taskId);
      fail('listPendingTasks', { reply: { tasks: [{ taskId: 'x' }, null, { taskId, runId: 0, task }] } });
      const listed: string[] = [];
      for await (const run of connect().listPending()) listed.push(run.taskId);
      expect(listed).toEqual([taskId]);
    });

    it('that lead to themselves end', async () => {
      always('listPendingTasks', { reply: { tasks: [], continuationToken: '1' } });
      const walk = async () => {
        for await (const run of connect().listPending()) expect(run).toBeUndefined();
      };
      await expect(walk()).rejects.toMatchObject(unavailable(/listPendingTasks/));
    });
  });

  describe('statuses', () => {
    it('of 2500 tasks take three calls', async () => {
      const taskIds = Array.from({ length: 2500 }, () => simulator.createTask());
      expect((await connect().readStatuses(taskIds)).size).toBe(2500);
      expect(simulator.calls.count('statuses')).toBe(3);
    });

    it.each([404, 501])('are read one by one where the deployment answers %i', async (status) => {
      always('statuses', { status });
      const taskIds = Array.from({ length: 25 }, () => simulator.createTask());
      const statuses = await connect().readStatuses([...taskIds, 'AAAAAAAAQAGAAAAAAAAAAA']);
      expect([...statuses.keys()].sort()).toEqual(taskIds.sort());
      expect(simulator.calls.count('statuses')).toBe(1);
      expect(simulator.calls.count('status')).toBe(26);
    });

    it('have the error of one that cannot be read, so that it does not look forgotten', async () => {
      const [good, odd] = [simulator.createTask(), simulator.createTask()];
      const status = { ...simulator.state.status(odd), state: 'sleeping' };
      const statuses = [
        { taskId: good, status: simulator.state.status(good) },
        { taskId: odd, status },
      ];
      simulator.faults = ({ method }) =>
        method === 'statuses' ? { reply: { statuses } } : { reply: { status } };
      const read = await connect().readStatuses([good, odd]);
      expect(read.get(good)).toMatchObject({ state: 'pending' });
      expect(read.get(odd)).toMatchObject(unavailable(/^unusable answer to status: not of its schema$/));
    });

    it('read a missing one alone, and believe its absence only from the queue', async () => {
      const [listed, left] = [simulator.createTask(), simulator.createTask()];
      const statuses = [{ taskId: listed, status: simulator.state.status(listed) }];
      fail('statuses', { reply: { statuses } }, { reply: { statuses } });
      const queue = connect();
      expect((await queue.readStatuses([listed, left])).get(left)).toMatchObject({ state: 'pending' });
      simulator.faults = ({ method }) => (method === 'statuses' ? { reply: { statuses } } : { page: 404 });
      expect((await queue.readStatuses([listed, left])).get(left)).toMatchObject(
        unavailable(/404 text\/html/),
      );
    });

    it('do not take the status of another task', async () => {
      const [one, other] = [simulator.createTask(), simulator.createTask()];
      fail('statuses', { reply: { statuses: [{ taskId: one, status: simulator.state.status(other) }] } });
      expect((await connect().readStatuses([one, other])).get(one)).toMatchObject({ taskId: one });
    });

    it('are not read one by one where a web page answers in place of Taskcluster', async () => {
      simulator.faults = () => ({ page: 404 });
      const queue = connect();
      const taskIds = Array.from({ length: 25 }, () => simulator.createTask());
      await expect(queue.readStatuses(taskIds)).rejects.toMatchObject(unavailable(/404 text\/html/));
      expect(simulator.calls.total).toBe(2);
      expect(queue.findProblem()).toMatch(/check taskcluster_queue_config\.rootUrl$/);
    });
  });

  describe('single questions at the same time', () => {
    it('are sent together, and answered separately', async () => {
      const queue = connect();
      const taskIds = Array.from({ length: 150 }, () => simulator.createTask());
      const unknown = 'AAAAAAAAQAGAAAAAAAAAAA';
      const asked = [...taskIds, unknown, taskIds[0]!];
      const statuses = await Promise.all(asked.map((taskId) => queue.readStatus(taskId)));
      expect(statuses.map((status) => status?.taskId)).toEqual([...taskIds, undefined, taskIds[0]]);
      const definitions = await Promise.all(asked.map((taskId) => queue.readDefinition(taskId)));
      expect(definitions.map((definition) => definition?.taskQueueId)).toEqual([
        ...taskIds.map(() => 'buildbot-bridge/buildbot-bridge'),
        undefined,
        'buildbot-bridge/buildbot-bridge',
      ]);
      const { calls } = simulator;
      // In addition to the batches, the one that they left out is read alone.
      expect([calls.count('statuses'), calls.count('tasks'), calls.total]).toEqual([2, 7, 11]);
    });

    it('are sent again each time', async () => {
      const queue = connect();
      const taskId = simulator.createTask();
      expect((await queue.readStatus(taskId))?.state).toBe('pending');
      simulator.cancel(taskId);
      expect((await queue.readStatus(taskId))?.state).toBe('exception');
    });

    it('do not fail because of one that is refused', async () => {
      const queue = connect();
      const taskId = simulator.createTask();
      always('statuses', { status: 400, code: 'InputValidationError' });
      const [right, wrong] = await Promise.allSettled([
        queue.readStatus(taskId),
        queue.readStatus('nonsense'),
      ]);
      expect(right).toMatchObject({ status: 'fulfilled', value: { taskId } });
      expect(wrong).toMatchObject({ status: 'rejected', reason: { name: 'Refused', status: 400 } });
    });

    it('fail together when there is no answer', async () => {
      const queue = connect({ retries: 0 });
      always('statuses', { status: 503 });
      const asked = [simulator.createTask(), simulator.createTask()].map((taskId) =>
        queue.readStatus(taskId),
      );
      for (const outcome of await Promise.allSettled(asked)) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Unavailable' } });
      }
      expect(simulator.calls.count('status')).toBe(0);
    });
  });

  describe('a run without credentials', () => {
    it('is checked before it is claimed again, since claiming would start a pending run', async () => {
      const run = { taskId: simulator.createTask(), runId: 0 };
      await expect(connect().report(run, { report: 'completed' })).rejects.toMatchObject({ status: 409 });
      expect(simulator.calls.count('claimTask')).toBe(0);
    });

    it('needs no check when it was read as running', async () => {
      const run = await running(connect());
      simulator.calls.clear();
      await connect().reclaim({ ...run, wasHeld: true });
      expect(simulator.calls.entries.map(({ method }) => method)).toEqual(['claimTask', 'reclaimTask']);
    });

    it('is reported successfully when it was resolved so before', async () => {
      const queue = connect();
      const run = await running(queue);
      await queue.report(run, { report: 'failed' });
      const held = { ...run, wasHeld: true };
      expect((await queue.report(held, { report: 'failed' })).state).toBe('failed');
      await expect(queue.report(held, { report: 'completed' })).rejects.toMatchObject({ status: 409 });
    });
  });

  describe('an artifact without expiry', () => {
    it.each([
      ['claimed by the same process', true, 0],
      ['claimed by another', false, 0],
    ])('lives as long as its task: %s', async (_, same, definitions) => {
      const first = connect();
      const run = await running(first);
      const { expires: _none, ...artifact } = log();
      await (same ? first : connect()).attach(run, artifact);
      const stored = simulator.state.artifact(run.taskId, 0, artifact.name);
      expect(stored).toMatchObject({ expires: simulator.state.task(run.taskId).expires });
      expect(simulator.calls.count('task')).toBe(definitions);
    });

    it('is read when the bridge’s own credentials are used and another process claimed the run', async () => {
      const run = await running(connect({ runCredentials: 'permanent' }));
      const { expires: _none, ...artifact } = log();
      await connect({ runCredentials: 'permanent' }).attach(run, artifact);
      expect(simulator.calls.count('task')).toBe(1);
    });
  });

  describe('the credentials of a run', () => {
    const clientIds = (method: string) => simulator.calls.of(method).map(({ clientId }) => clientId);
    const asRun = expect.stringMatching(/^task-client\/[\w-]{22}\/0\/on\/bridge\/one\/until\//);

    it('are used for what only its worker may do', async () => {
      const queue = connect();
      const run = await running(queue);
      await queue.reclaim(run);
      await queue.attach(run, log());
      await queue.report(run, { report: 'completed' });
      expect(clientIds('claimTask')).toEqual(['bridge']);
      for (const method of ['reclaimTask', 'createArtifact', 'reportCompleted']) {
        expect(new Set(clientIds(method))).toEqual(new Set([asRun]));
      }
    });

    it('are not used when the bridge’s own are configured', async () => {
      const queue = connect({ runCredentials: 'permanent' });
      const run = await running(queue);
      await queue.reclaim(run);
      await queue.report(run, { report: 'failed' });
      expect([...clientIds('reclaimTask'), ...clientIds('reportFailed')]).toEqual(['bridge', 'bridge']);
    });

    it('are obtained by claiming again after a restart, once', async () => {
      const run = await running(connect());
      const restarted = connect();
      await restarted.reclaim(run);
      await restarted.reclaim(run);
      expect(simulator.calls.count('claimTask')).toBe(2);
      expect(clientIds('reclaimTask')).toEqual([asRun, asRun]);
    });

    it('are requested once by concurrent callers', async () => {
      const run = await running(connect());
      const restarted = connect();
      simulator.calls.clear();
      // The queue may refuse claims of the same run that come together, even to the worker that holds it.
      simulator.faults = ({ method, nth }) =>
        method === 'claimTask' && nth > 0 ? { status: 409, code: 'RequestConflict' } : 'pass';
      await Promise.all(['a', 'b', 'c'].map((name) => restarted.attach(run, { ...log(), name })));
      expect(simulator.artifactsOf(run.taskId, 0)).toHaveLength(3);
      expect(clientIds('claimTask')).toEqual(['bridge']);
      expect(clientIds('createArtifact')).toEqual(Array.from({ length: 6 }, () => asRun));
    });

    it('that cannot be obtained fail all concurrent callers, and are requested again by later ones', async () => {
      const runs = [await running(connect()), await running(connect())];
      const restarted = connect({ retries: 0 });
      simulator.calls.clear();
      fail('claimTask', { status: 503 }, { status: 503 });
      const attach = (run: RunRef, name: string) => restarted.attach(run, { ...log(), name });
      const attached = await Promise.allSettled(runs.flatMap((run) => [attach(run, 'a'), attach(run, 'b')]));
      for (const outcome of attached) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable(/^503 .* to claimTask$/) });
      }
      expect(simulator.calls.count('claimTask')).toBe(2);
      await attach(runs[0]!, 'a');
      expect(simulator.calls.count('claimTask')).toBe(3);
    });

    it('give way to the bridge’s own where the scopes of the task make them too long', async () => {
      const scopes = Array.from({ length: 60 }, (_, n) => `some:scope:of:the:task:with:a:long:name:${n}`);
      const queue = connect();
      const run = { taskId: simulator.createTask({ scopes }), runId: 0 };
      await queue.claim(run);
      await queue.reclaim(run);
      await connect().attach(run, log());
      await queue.report(run, { report: 'completed' });
      for (const method of ['reclaimTask', 'createArtifact', 'reportCompleted']) {
        expect(new Set(clientIds(method))).toEqual(new Set(['bridge']));
      }
      expect(simulator.calls.entries.map(({ status }) => status)).not.toContain(401);
    });

    describe('that would be too long', () => {
      const CLAIMS = ['queue:claim-task:*', 'queue:worker-id:*', 'auth:current-scopes'];
      const scopes = Array.from({ length: 60 }, (_, n) => `some:scope:of:the:task:with:a:long:name:${n}`);
      /** The queue of a bridge with these scopes, and a pending run with long scopes. */
      const connectWith = async (...own: string[]) => {
        await simulator.stop();
        simulator = await new TaskclusterSimulator({
          clock,
          scopes: { bridge: [...CLAIMS, ...own] },
        }).start();
        return { queue: connect(), run: { taskId: simulator.createTask({ scopes }), runId: 0 } };
      };

      it('are found before the claim, with the scopes that the bridge needs', async () => {
        const { queue, run } = await connectWith('queue:reclaim-task:*', 'queue:resolve-task:other/*');
        await expect(queue.checkScopes(run, scopes)).rejects.toMatchObject({
          status: 403,
          isConfiguration: true,
          message: expect.stringMatching(
            new RegExp(
              `least-privilege\\.md.*missing: queue:resolve-task:${run.taskId}/0, queue:create-artifact:`,
            ),
          ),
        });
        expect(simulator.calls.count('claimTask')).toBe(0);
        expect(queue.findProblem()).toMatch(new RegExp(`^task ${run.taskId} not started: `));
      });

      it('are no problem where the bridge has the scopes, or Taskcluster does not say which it has', async () => {
        const acts = ['queue:reclaim-task:*', 'queue:resolve-task:*', 'queue:create-artifact:*'];
        const { queue, run } = await connectWith(...acts);
        await queue.checkScopes(run, scopes);
        always('currentScopes', { status: 403, code: 'InsufficientScopes' });
        await connect().checkScopes(run, scopes);
        expect(queue.findProblem()).toBeUndefined();
      });

      it('are told from those that fit as the claim tells them, which are not asked about', async () => {
        const { queue } = await connectWith();
        for (let count = 30; count <= 60; count += 1) {
          const given = scopes.slice(0, count);
          const run = { taskId: simulator.createTask({ scopes: given }), runId: 0 };
          const isFound = await queue.checkScopes(run, given).then(
            () => false,
            () => true,
          );
          await queue.claim(run);
          const [held] = queue.listHeldRuns().filter(({ taskId }) => taskId === run.taskId);
          await queue.reclaim(run).catch(() => undefined);
          expect([count, isFound]).toEqual([
            count,
            simulator.calls.of('reclaimTask').at(-1)!.clientId === 'bridge',
          ]);
          expect(held).toBeDefined();
        }
      });
    });

    it('are named as held by the process that has them, with the end of the claim, until the run ends', async () => {
      const [queue, other] = [connect(), connect()];
      const runs = [await running(queue), await running(queue)];
      const { takenUntil } = await queue.reclaim(runs[1]!);
      expect(queue.listHeldRuns()).toEqual([
        { ...runs[0], takenUntil: expect.any(Number) },
        { ...runs[1], takenUntil },
      ]);
      expect(runs.map((run) => [queue.holds(run), other.holds(run)])).toEqual([
        [true, false],
        [true, false],
      ]);
      expect(other.listHeldRuns()).toEqual([]);

      await queue.report(runs[0]!, { report: 'completed' });
      expect(queue.holds(runs[0]!)).toBe(false);
      simulator.cancel(runs[1]!.taskId);
      expect(queue.holds(runs[1]!)).toBe(true);
      await queue.readStatuses(runs.map(({ taskId }) => taskId));
      expect(queue.listHeldRuns()).toEqual([]);
    });

    it('are needed by nobody where the bridge’s own are configured', async () => {
      const queue = connect({ runCredentials: 'permanent' });
      expect(queue.holds(await running(queue))).toBe(true);
      expect(queue.listHeldRuns()).toEqual([]);
    });

    it('are replaced once when they expired', async () => {
      const queue = connect();
      const run = await running(queue);
      // Another process reclaims the run, while our credentials pass takenUntil and the tolerance.
      for (let i = 0; i < 2; i += 1) {
        clock.time += 1000;
        simulator.state.reclaimTask(run.taskId, 0);
        simulator.tick();
      }
      expect((await queue.reclaim(run)).status.state).toBe('running');
      expect(simulator.calls.of('reclaimTask').map(({ status }) => status)).toEqual([401, 200]);
      expect(simulator.calls.count('claimTask')).toBe(2);
    });

    it('that are refused even when fresh are a matter of configuration', async () => {
      const queue = connect();
      const run = await running(queue);
      always('reclaimTask', { status: 401, code: 'AuthenticationFailed', message: 'Clock skew' });
      await expect(queue.reclaim(run)).rejects.toMatchObject({ status: 401, isConfiguration: true });
      expect(simulator.calls.count('reclaimTask')).toBe(2);
    });

    it('are forgotten with the report, whose repetition still succeeds', async () => {
      const queue = connect();
      const run = await running(queue);
      await queue.report(run, { report: 'completed' });
      expect((await queue.report(run, { report: 'completed' })).state).toBe('completed');
      expect(simulator.calls.count('reportCompleted')).toBe(1);
      await expect(queue.report(run, { report: 'failed' })).rejects.toMatchObject({ status: 409 });
    });

    it('are kept when the report was not answered', async () => {
      const queue = connect({ retries: 0 });
      const run = await running(queue);
      fail('reportCompleted', 'effect-then-500');
      await expect(queue.report(run, { report: 'completed' })).rejects.toMatchObject({ name: 'Unavailable' });
      expect((await queue.report(run, { report: 'completed' })).state).toBe('completed');
      expect(simulator.calls.count('reportCompleted')).toBe(2);
    });
  });

  describe('uploads', () => {
    it.each(['s3', 'object'] as const)('to %s pass with another try', async (artifactStorage) => {
      const queue = connect({ artifactStorage });
      const run = await running(queue);
      fail('putContent', { status: 503 }, 'pass');
      const content = 'x'.repeat(10_000);
      await queue.attach(run, { ...log(), content } as Artifact);
      expect(simulator.artifactsOf(run.taskId, 0)[0]?.content?.toString()).toBe(content);
      expect(simulator.calls.count('putContent')).toBe(2);
    });

    it.each<[string, Fault, object]>([
      ['a redirect', 'redirect', { name: 'Unavailable', message: '302 to an upload' }],
      ['a server error', { status: 500 }, { name: 'Unavailable' }],
      ['a cut connection', 'reset', { name: 'Unavailable' }],
      ['silence', 'hang', { name: 'Unavailable' }],
      ['a refusal', { status: 403 }, { name: 'Refused', status: 403 }],
    ])('that end in %s fail', async (_, fault, error) => {
      const queue = connect({ retries: 0, timeout: 2 });
      const run = await running(queue);
      always('putContent', fault);
      await expect(queue.attach(run, log())).rejects.toMatchObject({ ...error, system: 'artifact-storage' });
    });

    const STEPS = {
      s3: ['createArtifact', 'putContent'],
      object: ['createArtifact', 'createUpload', 'finishUpload', 'finishArtifact'],
    } as const;

    it.each(['s3', 'object'] as const)('to %s may be repeated from any step', async (artifactStorage) => {
      const queue = connect({ artifactStorage, retries: 0 });
      const run = await running(queue);
      for (const step of STEPS[artifactStorage]) {
        fail(step, 'effect-then-500');
        await expect(queue.attach(run, log())).rejects.toMatchObject({ name: 'Unavailable' });
        // Nothing is promised that is not there.
        expect(simulator.state.artifact(run.taskId, 0, log().name)).toBeUndefined();
      }
      await queue.attach(run, log());
      await connect({ artifactStorage }).attach(run, log());
      const stored = simulator.artifactsOf(run.taskId, 0).find(({ name }) => name === log().name);
      expect(stored).toMatchObject({ present: true, storageType: artifactStorage });
      expect(stored?.content?.toString()).toBe((log() as { content: string }).content);
    });

    it.each(['s3', 'object'] as const)(
      'to %s may be repeated when the link’s answer was lost',
      async (artifactStorage) => {
        const queue = connect({ artifactStorage, retries: 0 });
        const run = await running(queue);
        simulator.faults = ({ method, name }) =>
          method === 'createArtifact' && name === log().name ? 'effect-then-500' : 'pass';
        await expect(queue.attach(run, log())).rejects.toMatchObject({ name: 'Unavailable' });
        simulator.faults = () => 'pass';
        await queue.attach(run, log());
        expect(simulator.state.artifact(run.taskId, 0, log().name)?.storageType).toBe('link');
      },
    );

    it('of an object are tried anew under another name when the answer to their creation was lost', async () => {
      const queue = connect({ artifactStorage: 'object' });
      const run = await running(queue);
      fail('createArtifact', 'effect-then-500');
      await queue.attach(run, log());
      expect(simulator.calls.of('createArtifact').map(({ status }) => status)).toEqual([500, 200, 200]);
    });

    it.each(['s3', 'object'] as const)(
      'to %s that failed leave the name to an error',
      async (artifactStorage) => {
        const queue = connect({ artifactStorage, retries: 0 });
        const run = await running(queue);
        always(artifactStorage === 's3' ? 'putContent' : 'createUpload', { status: 503 });
        await expect(queue.attach(run, log())).rejects.toMatchObject({ name: 'Unavailable' });
        const error = {
          kind: 'error',
          reason: 'file-not-readable-on-worker',
          message: 'not stored',
        } as const;
        await queue.attach(run, { ...error, name: log().name });
        expect(simulator.state.artifact(run.taskId, 0, log().name)?.storageType).toBe('error');
      },
    );
  });

  it('shows no secret in an error', async () => {
    const errors: unknown[] = [];
    const faults: Fault[] = [
      { status: 500 },
      { status: 409, code: 'RequestConflict' },
      { status: 401 },
      'reset',
      'hang',
      'html',
      'broken-json',
    ];
    for (const fault of faults) {
      for (const failing of ['claimTask', 'reclaimTask', 'createArtifact', 'putContent', 'reportCompleted']) {
        const queue = connect({ retries: 0, timeout: 0.2 });
        const run = { taskId: simulator.createTask(), runId: 0 };
        const steps = [
          () => queue.claim(run),
          () => queue.reclaim(run),
          () => queue.attach(run, log()),
          () => queue.report(run, { report: 'completed' }),
        ];
        always(failing, fault);
        for (const step of steps) await step().catch((error: unknown) => errors.push(error));
        queue.close();
      }
    }
    expect(errors.length).toBeGreaterThan(faults.length * 5);
    const shown = errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join('\n');
    expect(shown).not.toMatch(/Hawk|certificate|signature|mac=/i);
    expect(shown).not.toContain(SECRET);
    expect(errors.map((error) => (error as Error).name)).toEqual(
      errors.map(() => expect.stringMatching(/^(Refused|Unavailable)$/)),
    );
  });
});
