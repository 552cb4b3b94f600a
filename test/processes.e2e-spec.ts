import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonValue } from '@bbb/rules';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TcpProxy } from './support/doubles/tcp-proxy.js';
import { findFreePort } from '../sandbox/services.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { eventually } from './support/eventually.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';
import { startServiceProcess, useServiceSandbox } from './support/service-sandbox.js';
import { useUndo } from './support/undo.js';

const SERVICES = ['tc-listener', 'bb-listener', 'reflector'] as const;

type Service = (typeof SERVICES)[number];

/** Secrets of the configuration that a process must not let out. */
const SECRETS = ['sandbox-access-token', 'a-secret-password'];

afterEach(() => ServiceProcess.killAll());

describeWhere(isReachable('rabbitmq'))('a service as a process', () => {
  const current = useServiceSandbox();
  let proxy: TcpProxy;

  beforeAll(async () => {
    proxy = await TcpProxy.start(SERVERS.rabbitmq.url);
  });
  afterEach(() => {
    current.sandbox.taskcluster.faults = () => 'pass';
    current.sandbox.taskcluster.latency = 0;
  });
  afterAll(() => proxy?.stop());

  it.each(SERVICES)('%s tells that it lives and is ready, its metrics, and ends with 0', async (name) => {
    const service = await startServiceProcess(name, await current.configure());
    const { report } = await service.until('/health/ready', (answer) => answer.report.status === 'ok');
    const systems = ['bridge-db', 'scheduler-db', 'taskcluster', 'self-serve', 'builder-list'];
    const further = ['bridge-db-clock', 'scheduler-db-clock', 'task-queue', 'paused-builders'];
    expect(Object.keys(report.details).sort()).toEqual(
      [
        'service',
        'missing-tasks',
        'reflector-passes',
        ...systems,
        ...further,
        ...(name === 'reflector' ? [] : ['pulse']),
      ].sort(),
    );
    expect(await service.get('/health/live')).toMatchObject({ status: 200, report: { status: 'ok' } });
    expect((await service.get('/metrics')).text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(await service.stop()).toBe(0);
    expect(service.stderr).toBe('');
  });

  it('is not ready while the broker is away, says so, lives on, and is ready again after', async () => {
    const file = await current.configure({
      pulse_port: proxy.port,
      pulse_reconnect_min: 0.1,
      pulse_reconnect_max: 0.5,
    });
    const service = await startServiceProcess('tc-listener', file);
    await service.ready();
    await proxy.refuse();
    const { report } = await service.until('/health/ready', ({ status }) => status === 503);
    expect(report).toMatchObject({
      status: 'error',
      details: { pulse: { status: 'down', reason: expect.any(String) }, service: { status: 'up' } },
    });
    expect((await service.get('/health/live')).status).toBe(200);
    await proxy.recover();
    await service.ready();
    expect(await service.stop()).toBe(0);
  });

  it('is ready but degraded while Taskcluster, Self Serve and the builder list are away', async () => {
    const nowhere = `http://127.0.0.1:${await findFreePort()}`;
    const credentials = { clientId: 'buildbot-bridge', accessToken: SECRETS[0]! };
    const service = await startServiceProcess(
      'reflector',
      await current.configure({
        taskcluster_queue_config: { rootUrl: nowhere, credentials, retries: 0 },
        selfserve_url: `${nowhere}/self-serve`,
        builders_url: `${nowhere}/allthethings.json`,
      }),
    );
    const { report, status } = await service.until('/health/ready', ({ report: { details } }) =>
      ['taskcluster', 'builder-list'].every((system) => details[system]?.status === 'degraded'),
    );
    expect({ status, summary: report.status }).toEqual({ status: 200, summary: 'degraded' });
    expect(report.details.taskcluster?.reason).toEqual(expect.any(String));
    expect(await service.stop()).toBe(0);
  });

  it('finishes and acknowledges what is under way when it is told to stop', async () => {
    const service = await startServiceProcess('tc-listener', await current.configure());
    await service.ready();
    current.sandbox.taskcluster.latency = 700;
    const before = current.sandbox.taskcluster.calls.total;
    const taskId = current.sandbox.taskcluster.createTask({
      payload: {
        buildername: 'Linux x86-64 oak idle',
        sourcestamp: { branch: 'projects/oak' },
        properties: { product: 'firefox' },
      },
    });
    await eventually(() => expect(current.sandbox.taskcluster.calls.total).toBeGreaterThan(before));
    // The handler waits for an answer now.
    service.sendSignal('SIGTERM');
    expect(await service.exit()).toBe(0);
    const rows = await current.sandbox.scheduler.read((statements) =>
      statements.rows('SELECT id FROM buildsets WHERE external_idstring = ?', [`taskId:${taskId}`]),
    );
    expect(rows).toHaveLength(1);
    expect({
      ...(await current.sandbox.countRowsLeft()),
      queued: await current.sandbox.countMessagesLeft(),
    }).toEqual({
      tasks: 1,
      messages: 0,
      queued: 0,
    });
  });

  it('counts a reflector as dead whose pass hangs for three intervals', async () => {
    const service = await startServiceProcess('reflector', await current.configure());
    await service.ready();
    expect((await service.get('/health/live')).status).toBe(200);
    current.sandbox.taskcluster.faults = () => 'hang';
    const { report } = await service.until('/health/live', ({ status }) => status === 503);
    expect(report.details['reflector-pass']).toMatchObject({ status: 'down', reason: expect.any(String) });
    expect((await service.get('/health/ready')).status).toBe(200);
  });

  it('writes its log file, and opens it anew on SIGUSR2', async () => {
    const file = join(current.folder, 'reflector.log');
    await rm(file, { force: true });
    const service = await startServiceProcess('reflector', await current.configure());
    await service.ready();
    const moved = join(current.folder, 'reflector.log.1');
    await eventually(async () => expect(await readFile(file, 'utf8')).toContain('"msg":"service started"'));
    await rename(file, moved);
    service.sendSignal('SIGUSR2');
    await eventually(async () => expect(await readFile(file, 'utf8')).toBe(''));
    expect(await service.stop()).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('"msg":"service stopped"');
    expect(await readFile(moved, 'utf8')).not.toContain('"msg":"service stopped"');
    expect(service.stdout + service.stderr).toBe('');
  });
});

describe('a service that is signalled before it has loaded', () => {
  const undo = useUndo();
  let folder: string;
  /** Sends a signal when a package is loaded that the services' files do not contain. */
  let preload: string;

  beforeAll(async () => {
    await compileProject();
    folder = await undo.makeFolder();
    preload = join(folder, 'preload.cjs');
    await writeFile(
      preload,
      `const Module = require('node:module');
       const load = Module._load;
       Module._load = function (request, ...rest) {
         if (request === 'iconv-lite') {
           Module._load = load;
           process.kill(process.pid, process.env.TEST_SIGNAL);
         }
         return load.call(this, request, ...rest);
       };`,
    );
  }, COMPILATION_LIMIT);

  async function signalWhileLoading(command: string[], signal: string) {
    // There is no such file: whoever comes to look for it ends with 78.
    const args = [process.execPath, ...command, '-c', join(folder, 'missing.json')];
    const env = { NODE_OPTIONS: `--require=${preload}`, TEST_SIGNAL: signal };
    const service = ServiceProcess.start(args, { env });
    return { code: await service.exit(), stdout: service.stdout, stderr: service.stderr };
  }
  const main = async (service: Service) =>
    join(await compileProject(), 'dist', 'apps', service, 'src', 'main.js');

  it.each([
    ['tc-listener', 'SIGTERM'],
    ['bb-listener', 'SIGINT'],
    ['reflector', 'SIGHUP'],
  ] as const)('%s ends with 0 at once on %s', async (service, signal) => {
    expect(await signalWhileLoading([await main(service)], signal)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('does so under its command, too', async () => {
    const command = join(await compileProject(), 'bin', 'buildbot-bridge.js');
    expect(await signalWhileLoading([command, 'reflector'], 'SIGTERM')).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('outlives the signal for a new log file', async () => {
    expect(await signalWhileLoading([await main('reflector')], 'SIGUSR2')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('missing.json'),
    });
  });
});

describe('a service that an operator has to help first', () => {
  const undo = useUndo();
  let folder: string;
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    await compileProject();
    folder = await undo.makeFolder();
  }, COMPILATION_LIMIT);
  afterEach(async () => {
    await database?.drop();
    database = undefined;
  });

  async function startWith(service: Service, configuration: JsonValue) {
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
    return startServiceProcess(service, file);
  }

  it.each(SERVICES)(
    '%s tells all problems of its configuration at once, without a secret, and ends with 78',
    async (name) => {
      const service = await startWith(name, {
        taskcluster_queue_config: { rootUrl: 'not a url', credentials: { accessToken: SECRETS[0]! } },
        bbb_db: `oracle://bridge:${SECRETS[1]!}@db.example.com/bridge`,
        pulse_password: SECRETS[1]!,
        pulse_port: 'many',
      });
      expect(await service.exit()).toBe(78);
      for (const key of [
        'rootUrl',
        'clientId',
        'bbb_db',
        'buildbot_scheduler_db',
        'selfserve_url',
        'pulse_port',
      ])
        expect(service.stderr).toContain(key);
      for (const secret of SECRETS) expect(service.stderr + service.stdout).not.toContain(secret);
    },
  );

  /** Lacks nothing but a Taskcluster and a broker that answer. */
  const complete = (bridgeDb: string, schedulerDb: string): JsonValue => ({
    taskcluster_queue_config: {
      rootUrl: 'http://127.0.0.1:9',
      credentials: { clientId: 'buildbot-bridge', accessToken: SECRETS[0]! },
    },
    bbb_db: bridgeDb,
    buildbot_scheduler_db: schedulerDb,
    selfserve_url: 'http://127.0.0.1:9',
    pulse_host: '127.0.0.1',
    pulse_port: 9,
    pulse_ssl: false,
    pulse_user: 'bridge',
    pulse_password: SECRETS[1]!,
    pulse_queue_basename: 'queue/bridge',
    tc_worker_group: 'buildbot-bridge',
    tc_worker_id: 'buildbot-bridge',
    tclistener: { provisioner_id: 'buildbot-bridge', worker_type: 'buildbot-bridge' },
  });

  it.each([
    ['bbb_db', 'missing/test.db', 'there is no folder'],
    ['bbb_db', 'noise.db', 'is no SQLite database'],
    ['buildbot_scheduler_db', 'missing/test.db', 'there is no file'],
    ['buildbot_scheduler_db', 'missing.db', 'there is no file'],
    ['buildbot_scheduler_db', 'noise.db', 'is no SQLite database'],
  ])(
    'names setting, file and remedy where %s leads to %s, and ends with 78',
    async (setting, name, reason) => {
      const path = (file: string) => join(folder, file);
      await writeFile(path('noise.db'), 'this is no database, '.repeat(100));
      await writeFile(path('scheduler.db'), '');
      const url = (key: string, file: string) => `sqlite:///${path(key === setting ? name : file)}`;
      const service = await startWith(
        'reflector',
        complete(url('bbb_db', 'bridge.db'), url('buildbot_scheduler_db', 'scheduler.db')),
      );
      expect(await service.exit()).toBe(78);
      expect(service.stderr).toMatch(new RegExp(`^${setting} \\(BBB_\\w+\\): .*${reason}.*; .+\n$`));
      expect(service.stderr).toContain(path(name));
      expect(existsSync(path('missing'))).toBe(false);
      expect(existsSync(path('missing.db'))).toBe(false);
    },
  );

  describeWhere(isReachable('mysql'))('with MariaDB', () => {
    it.each(SERVICES)('%s names the command that migrates, and ends with 78', async (name) => {
      database = await createDatabase('mysql');
      const schedulerFile = join(folder, 'scheduler.db');
      await writeFile(schedulerFile, '');
      const service = await startWith(name, complete(database.url, `sqlite:///${schedulerFile}`));
      expect(await service.exit()).toBe(78);
      expect(service.stderr).toMatch(/migrate/);
      for (const secret of SECRETS) expect(service.stderr + service.stdout).not.toContain(secret);
    });
  });
});
