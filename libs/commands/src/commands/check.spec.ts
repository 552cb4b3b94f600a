import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrateDatabase } from '@bbb/bridge-db';
import { findRabbitmqAddress } from '../../../../test/support/rabbitmq.js';
import { createDatabase, type TestDatabase } from '../../../../test/support/databases.js';
import { installSchedulerSchema } from '../../../../test/support/scheduler-schema.js';
import { Folder } from '../../../platform/src/testing/folder.js';
import { record, recordJson } from '../testing/recording-host.js';

interface Row {
  system: string;
  status: string;
  what: string;
  remedy?: string;
}

let folder: Folder;
let taskcluster: Server;
let answer: { status: number; body: object };
let bridge: TestDatabase;
let scheduler: TestDatabase;

beforeEach(async () => {
  folder = new Folder();
  answer = { status: 200, body: { tasks: [] } };
  taskcluster = createServer((_request, response) => {
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => taskcluster.listen(0, '127.0.0.1', resolve));
  bridge = await createDatabase('sqlite');
  scheduler = await createDatabase('sqlite');
  await installSchedulerSchema(scheduler, 6);
  await migrateDatabase(bridge.url);
});
afterEach(async () => {
  taskcluster.closeAllConnections();
  await new Promise((resolve) => taskcluster.close(resolve));
  await bridge.drop();
  await scheduler.drop();
  folder.remove();
});

function write(changes: Record<string, unknown> = {}): string {
  const { port } = taskcluster.address() as AddressInfo;
  const broker = findRabbitmqAddress();
  return folder.write('config.json', {
    taskcluster_queue_config: {
      rootUrl: `http://127.0.0.1:${port}`,
      credentials: { clientId: 'bridge', accessToken: 'a-secret-token' },
      retries: 0,
    },
    buildbot_scheduler_db: scheduler.url,
    bbb_db: bridge.url,
    selfserve_url: `http://127.0.0.1:${port}/self-serve`,
    pulse_host: broker.host,
    pulse_port: broker.port,
    pulse_vhost: broker.vhost,
    pulse_ssl: false,
    pulse_user: broker.user,
    pulse_password: broker.password,
    pulse_queue_basename: 'queue/check',
    tc_worker_group: 'bridge',
    tc_worker_id: 'bridge',
    tclistener: { provisioner_id: 'bridge', worker_type: 'check' },
    ...changes,
  });
}

async function check(file: string, ...args: string[]) {
  const { code, json } = await recordJson('-c', file, 'check', '--json', ...args);
  const { results } = json as { results: Row[] };
  return { code, results, find: (system: string) => results.find((row) => row.system === system) };
}

describe('check', () => {
  it('reports that everything can be used, and changes nothing', async () => {
    const { code, results } = await check(write());
    expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(results.map(({ system, status }) => `${system} ${status}`)).toEqual(
      expect.arrayContaining([
        'bridge-db ok',
        'scheduler-db ok',
        'self-serve ok',
        'builder-list ok',
        'taskcluster ok',
        'clock ok',
        'pulse ok',
      ]),
    );
    expect(code).toBe(0);
  });

  it('reports every unusable system together, with setting and source', async () => {
    answer = { status: 401, body: { code: 'AuthenticationFailed', message: 'no such client' } };
    const other = await createDatabase('mysql');
    try {
      const file = write({
        bbb_db: other.url,
        buildbot_scheduler_db: 'sqlite:////nowhere/state.sqlite',
        pulse_password: 'a-secret-password',
        builders_url: `${folder.path}/missing.json`,
      });
      const { code, results, find } = await check(file);
      expect(code).toBe(1);
      expect(find('bridge-db')).toMatchObject({
        status: 'failed',
        what: expect.stringMatching(/^\d migration\(s\) are pending$/),
        remedy: 'run: buildbot-bridge migrate',
      });
      expect(find('taskcluster')).toMatchObject({ status: 'failed', what: expect.stringContaining('401') });
      expect(find('taskcluster')!.remedy).toContain(
        `set by taskcluster_queue_config.rootUrl in ${file} and taskcluster_queue_config.credentials.accessToken`,
      );
      expect(find('pulse')).toMatchObject({
        status: 'failed',
        what: expect.stringContaining('user or password refused'),
        remedy: expect.stringContaining(`pulse_host (BBB_PULSE_HOST), set by pulse_host in ${file}`),
      });
      expect(results.some(({ what }) => what.includes('/nowhere'))).toBe(true);
      expect(JSON.stringify(results)).not.toContain('a-secret');
    } finally {
      await other.drop();
    }
  });

  it('warns of a Self Serve that does not answer and of a task queue that was never seen', async () => {
    taskcluster.removeAllListeners('request');
    taskcluster.on('request', ({ url }, response) => {
      const isQueue = /\/task-queues\/[^/]+$/.test(url ?? '');
      const requestInfo = { method: 'getTaskQueue', params: { taskQueueId: 'bridge/check' } };
      const missing = { code: 'ResourceNotFound', message: 'not found', requestInfo };
      response
        .writeHead(isQueue ? 404 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(isQueue ? missing : { tasks: [] }));
    });
    const file = write({ selfserve_url: 'http://127.0.0.1:9/self-serve' });
    const { code, find } = await check(file);
    expect(find('self-serve')).toEqual({
      system: 'self-serve',
      status: 'warning',
      what: 'no answer from Self Serve: ECONNREFUSED',
      remedy: `check selfserve_url (BBB_SELF_SERVE_URL), set by selfserve_url in ${file}`,
    });
    expect(find('task-queue')).toMatchObject({
      status: 'warning',
      what: expect.stringContaining('Taskcluster has never seen this task queue'),
      remedy: expect.stringContaining(`set by tclistener.provisioner_id in ${file}`),
    });
    expect(code).toBe(0);
  });

  it('names the settings of a modern Buildbot with their sources', async () => {
    const settings = {
      kind: 'modern',
      url: 'http://127.0.0.1:9/',
      user: 'bridge',
      password: 'a-secret-password',
    };
    const file = write({ buildbot: settings });
    const { code, results, find } = await check(file);
    expect(find('buildbot')).toMatchObject({
      status: 'failed',
      remedy: `check buildbot.url (BBB_BUILDBOT_URL), set by buildbot.url in ${file}`,
    });
    expect(find('buildbot-login')!.remedy).toContain(
      `buildbot.user (BBB_BUILDBOT_USER), set by buildbot.user in ${file}`,
    );
    expect(find('buildbot-scheduler')!.remedy).toContain(
      'buildbot.scheduler (BBB_BUILDBOT_SCHEDULER), set by default',
    );
    expect(JSON.stringify(results)).not.toContain('a-secret');
    expect(code).toBe(1);
  });

  it('reports a database that cannot be opened as a row', async () => {
    const buildbots = await createDatabase('sqlite');
    await installSchedulerSchema(buildbots, 6);
    const { code, find } = await check(write({ bbb_db: buildbots.url }));
    expect(code).toBe(1);
    expect(find('bridge-db')).toMatchObject({
      status: 'failed',
      what: expect.stringContaining("is Buildbot's scheduler database"),
      remedy: expect.stringContaining('check bbb_db (BBB_BRIDGE_DB_URL), set by bbb_db in'),
    });
    await buildbots.drop();
  });

  it('reports wrong settings, and still checks the systems that a service could use', async () => {
    const file = write({ pulse_password: '' });
    const { code, find } = await check(file);
    expect(code).toBe(1);
    expect(find('configuration')!.what).toContain('pulse_password (BBB_PULSE_PASSWORD): is missing');
    expect(find('bridge-db')).toMatchObject({ status: 'ok' });
    expect((await check(file, '--service', 'reflector')).code).toBe(0);
  });

  it('prints a table', async () => {
    const { code, stdout } = await record('-c', write(), 'check');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^system +status +what +remedy\n/);
    expect(stdout).toMatch(/^bridge-db +ok +reached, migrated and writable$/m);
  });
});
