import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import taskcluster, { type Credentials, type Queue } from 'taskcluster-client';
import { exampleTask, slugid, TaskclusterSimulator, type Fault } from './index.js';

const WORKER = { workerGroup: 'bridge', workerId: 'one' };

describe('TaskclusterSimulator', () => {
  const clock = {
    time: Date.now() / 1000,
    now() {
      return this.time;
    },
  };
  let simulator: TaskclusterSimulator;

  beforeEach(async () => {
    const scopes = {
      user: [
        'queue:create-task:high:buildbot-bridge/*',
        'queue:create-task:project:none',
        'queue:scheduler-id:*',
      ],
      bridge: ['queue:claim-task:buildbot-bridge/*', 'queue:worker-id:bridge/*', 'queue:get-task:*'],
      operator: ['queue:cancel-task-in-project:none'],
    };
    simulator = await new TaskclusterSimulator({ clock, scopes }).start();
  });
  afterEach(() => simulator.stop());

  const as = (credentials?: Credentials, rest: object = {}): Queue =>
    new taskcluster.Queue({
      rootUrl: simulator.url,
      retries: 0,
      // Long for a busy machine; two faults make the client wait for it.
      timeout: 2000,
      ...(credentials ? { credentials } : {}),
      ...rest,
    });
  const client = (clientId: string, rest?: object) => as({ clientId, accessToken: 'none' }, rest);
  const answered = (statusCode: number, code: string) => ({ statusCode, code });
  const readCredentials = (claim: unknown) => (claim as { credentials: Credentials }).credentials;

  describe('scopes', () => {
    it('are asked for', async () => {
      const taskId = simulator.createTask();
      await expect(client('bridge').cancelTask(taskId)).rejects.toMatchObject({
        ...answered(403, 'InsufficientScopes'),
        message: expect.stringContaining('Client ID bridge does not have sufficient scopes'),
        body: { requestInfo: { method: 'cancelTask', params: { taskId } } },
      });
      await client('operator').cancelTask(taskId);
    });

    it('for creating a task may be for a higher priority', async () => {
      const task = { ...exampleTask(clock.time), priority: 'low' };
      await client('user').createTask(slugid(), task);
      const highest = client('user').createTask(slugid(), { ...task, priority: 'highest' });
      await expect(highest).rejects.toMatchObject(answered(403, 'InsufficientScopes'));
    });

    it('can be narrowed by the caller, not widened', async () => {
      const taskId = simulator.createTask();
      const narrowed = client('bridge', { authorizedScopes: ['queue:get-task:*'] });
      await narrowed.task(taskId);
      await expect(narrowed.claimTask(taskId, 0, WORKER)).rejects.toMatchObject(
        answered(403, 'InsufficientScopes'),
      );
      const widened = client('bridge', { authorizedScopes: ['queue:cancel-task:*'] });
      await expect(widened.task(taskId)).rejects.toMatchObject(answered(401, 'AuthenticationFailed'));
    });

    it('of nobody allow reading, and an unknown client nothing', async () => {
      const taskId = simulator.createTask();
      await as().status(taskId);
      await expect(as().cancelTask(taskId)).rejects.toMatchObject(answered(403, 'InsufficientScopes'));
      await expect(client('stranger').task(taskId)).rejects.toMatchObject(
        answered(401, 'AuthenticationFailed'),
      );
    });
  });

  describe('temporary credentials', () => {
    it('are for their run, and carry the scopes of its task', async () => {
      const taskId = simulator.createTask({ scopes: ['queue:cancel-task-in-project:*'] });
      const other = simulator.createTask();
      const credentials = readCredentials(await client('bridge').claimTask(taskId, 0, WORKER));
      expect(credentials.clientId).toMatch(new RegExp(`^task-client/${taskId}/0/on/bridge/one/until/`));
      await client('bridge').claimTask(other, 0, WORKER);
      const queue = as(credentials);
      await queue.reclaimTask(taskId, 0);
      await expect(queue.reclaimTask(other, 0)).rejects.toMatchObject(answered(403, 'InsufficientScopes'));
      await queue.cancelTask(other);
    });

    it('die five minutes after takenUntil', async () => {
      const taskId = simulator.createTask();
      const queue = as(readCredentials(await client('bridge').claimTask(taskId, 0, WORKER)));
      clock.time += 1200 + 299;
      await queue.reclaimTask(taskId, 0);
      clock.time += 2;
      await expect(queue.reclaimTask(taskId, 0)).rejects.toMatchObject(answered(401, 'AuthenticationFailed'));
    });
  });

  describe('malformed requests', () => {
    it.each<[string, string, string, unknown, number]>([
      ['an unknown path', 'GET', '/nonsense', undefined, 404],
      ['a run that is no number', 'POST', '/task/AAAAAAAAQAGAAAAAAAAAAA/runs/x/completed', undefined, 400],
      ['an id that is none', 'GET', '/task/short', undefined, 400],
      ['unknown keys', 'POST', '/tasks/status', { taskIds: [], extra: 1 }, 400],
      ['no worker', 'POST', '/task/AAAAAAAAQAGAAAAAAAAAAA/runs/0/claim', {}, 400],
      [
        'a workerId with a dot',
        'POST',
        '/task/AAAAAAAAQAGAAAAAAAAAAA/runs/0/claim',
        { ...WORKER, workerId: 'a.b' },
        400,
      ],
    ])('with %s are refused', async (_, method, path, body, status) => {
      const answer = await fetch(`${simulator.url}/api/queue/v1${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    });

    it('of more than 10 MB are too large', async () => {
      const body = `"${'x'.repeat(11 * 1024 * 1024)}"`;
      const answer = await fetch(`${simulator.url}/api/queue/v1/tasks`, { method: 'POST', body });
      expect(answer.status).toBe(413);
    });
  });

  describe('faults', () => {
    it.each<[Fault, boolean, object]>([
      ['pass', true, {}],
      ['effect-then-500', true, { statusCode: 500 }],
      ['effect-then-reset', true, { code: 'ECONNRESET' }],
      ['effect-then-hang', true, { code: 'ECONNABORTED' }],
      ['broken-json', true, { statusCode: 200 }],
      ['reset', false, { code: 'ECONNRESET' }],
      ['hang', false, { code: 'ECONNABORTED' }],
      [{ status: 503 }, false, { statusCode: 503 }],
      [{ status: 409, code: 'RequestConflict', effect: true }, true, { statusCode: 409 }],
    ])('%j: effect %s', async (fault, hasEffect, error) => {
      const taskId = simulator.createTask();
      simulator.faults = ({ method, nth }) => (method === 'claimTask' && nth === 0 ? fault : 'pass');
      const failure: unknown = await client('bridge')
        .claimTask(taskId, 0, WORKER)
        .then(
          () => ({}),
          (caught: unknown) => caught,
        );
      expect(failure).toMatchObject(error);
      expect(simulator.state.status(taskId).state).toBe(hasEffect ? 'running' : 'pending');
    });

    it.each<Fault>(['html', 'redirect'])(
      '%s has no effect, and looks like success to the client',
      async (fault) => {
        const taskId = simulator.createTask();
        simulator.faults = () => fault;
        expect(await client('bridge').claimTask(taskId, 0, WORKER)).toBeUndefined();
        expect(simulator.state.status(taskId).state).toBe('pending');
      },
    );
  });

  describe('a bucket', () => {
    const created = async () => {
      const taskId = simulator.createTask();
      const queue = as(readCredentials(await client('bridge').claimTask(taskId, 0, WORKER)));
      const { expires } = simulator.state.task(taskId);
      const body = { storageType: 's3', expires, contentType: 'text/plain' };
      const reply = await queue.createArtifact(taskId, 0, 'public/a/b c', body);
      return { taskId, queue, putUrl: (reply as { putUrl: string }).putUrl };
    };
    const put = (url: string, type = 'text/plain') =>
      fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: 'text' });

    it('takes what was announced, and shows it', async () => {
      const { taskId, putUrl } = await created();
      const url = `${simulator.url}/api/queue/v1/task/${taskId}/runs/0/artifacts/public/a/b%20c`;
      expect((await fetch(url)).status).toBe(404);
      expect((await put(putUrl)).status).toBe(200);
      const shown = await fetch(url);
      expect([shown.headers.get('content-type'), await shown.text()]).toEqual(['text/plain', 'text']);
    });

    it('refuses another type, and an URL that expired', async () => {
      const { putUrl } = await created();
      expect((await put(putUrl, 'text/html')).status).toBe(403);
      clock.time += 46 * 60;
      expect((await put(putUrl)).status).toBe(403);
    });

    it('needs no finish', async () => {
      const { taskId, queue } = await created();
      const finish = queue.finishArtifact(taskId, 0, 'public/a/b c', { uploadId: slugid() });
      await expect(finish).rejects.toMatchObject({ statusCode: 400 });
    });
  });

  it('resolves by itself when told to look', async () => {
    const other = await new TaskclusterSimulator({ settings: { claimTimeout: 0.01 }, tickEvery: 5 }).start();
    try {
      const taskId = other.createTask();
      other.state.claimTask(taskId, 0, WORKER);
      const isRetried = () => other.state.status(taskId).runs.length > 1;
      for (let waited = 0; waited < 2000 && !isRetried(); waited += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(other.state.status(taskId).runs[0]?.reasonResolved).toBe('claim-expired');
    } finally {
      await other.stop();
    }
  });
});
