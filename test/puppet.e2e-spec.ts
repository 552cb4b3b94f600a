import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSchedulerSchema } from '../sandbox/buildbot/index.js';
import { findFreePort } from '../sandbox/services.js';
import { eventually } from './support/eventually.js';
import { createLayout2015 } from './support/layout-2015.js';
import { isFull } from './support/campaign.js';
import { COMPILATION_LIMIT, compileProject, ROOT } from './support/project.js';
import { canStart, describeWhere } from './support/servers.js';

const SERVICES = ['tclistener', 'bblistener', 'reflector'] as const;
const LIMIT = 240_000;
const SECRET = 'puppet-hunter2-puppet';

/** A host with supervisord, in a folder of its own, that Puppet is applied to. */
class Host {
  readonly home: string;
  private readonly ports = new Map<string, number>();
  private supervisord!: ChildProcess;

  private constructor(
    readonly folder: string,
    private readonly outside: Server,
  ) {
    this.home = join(folder, 'bbb');
  }

  static async start(): Promise<Host> {
    const outside = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"tasks":[],"statuses":[]}');
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const host = new Host(await mkdtemp(join(tmpdir(), 'bbb-test-puppet-')), outside);
    for (const folder of ['supervisor', 'logrotate', 'modules']) await mkdir(join(host.folder, folder));
    // A project of npm's above the installation must not get the package.
    await writeFile(join(host.folder, 'package.json'), '{}');
    await createSchedulerSchema(`sqlite:///${join(host.folder, 'state.sqlite')}`, 6);
    for (const service of SERVICES) host.ports.set(service, await findFreePort());
    await host.startSupervisord();
    return host;
  }

  private async startSupervisord(): Promise<void> {
    const file = join(this.folder, 'supervisord.conf');
    const socket = join(this.folder, 'supervisor.sock');
    await writeFile(
      file,
      [
        `[unix_http_server]\nfile=${socket}`,
        '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface',
        `[supervisorctl]\nserverurl=unix://${socket}`,
        `[supervisord]\nnodaemon=true\nlogfile=${join(this.folder, 'supervisord.log')}\npidfile=${join(this.folder, 'supervisord.pid')}`,
        `[include]\nfiles=${join(this.folder, 'supervisor')}/*.conf\n`,
      ].join('\n'),
    );
    // A bare environment: settings of the caller's shell must not reach the services.
    const environment = { PATH: process.env.PATH, HOME: homedir() };
    this.supervisord = spawn('supervisord', ['-c', file], { env: environment, stdio: 'ignore' });
    await eventually(async () => expect((await this.control('pid')).code).toBe(0));
  }

  control(...words: string[]): Promise<Outcome> {
    return run('supervisorctl', ['-c', join(this.folder, 'supervisord.conf'), ...words]);
  }

  bridge(...words: string[]): Promise<Outcome> {
    return run(join(this.home, 'node_modules/.bin/buildbot-bridge'), words, { cwd: this.home });
  }

  async pids(): Promise<string[]> {
    return Promise.all(
      SERVICES.map(async (service) =>
        (await this.control('pid', `buildbot_bridge_${service}`)).stdout.trim(),
      ),
    );
  }

  async healths(): Promise<number[]> {
    return Promise.all(
      SERVICES.map(async (service) => {
        const response = await fetch(`http://127.0.0.1:${this.ports.get(service)}/health/live`);
        return response.status;
      }),
    );
  }

  /** Applies the module as a host's manifest would. */
  async apply(version: string, tarball: string, changes: Record<string, unknown> = {}): Promise<Outcome> {
    const address = `http://127.0.0.1:${(this.outside.address() as AddressInfo).port}`;
    const layout = createLayout2015({
      rootUrl: address,
      selfServeUrl: address,
      pulse: { host: '127.0.0.1', port: await findFreePort(), vhost: '/', user: 'bridge', password: SECRET },
      user: 'bridge',
      schedulerDb: `sqlite:///${join(this.folder, 'state.sqlite')}`,
      provisionerId: 'puppet',
      workerType: 'puppet',
      workerId: 'puppet',
    });
    const { pulse_password: _password, pulse_port: _port, ...shared } = layout;
    const settings = {
      ...shared,
      pulse_port: 1,
      ...Object.fromEntries(
        SERVICES.map((service) => [service, { ...layout[service], http_port: this.ports.get(service) }]),
      ),
      ...changes,
    };
    const parameters = {
      version,
      source: tarball,
      settings,
      home: this.home,
      user: userInfo().username,
      manage_user: false,
      npm_options: ['--prefer-offline', `--cache=${join(homedir(), '.npm')}`],
      supervisor_folder: join(this.folder, 'supervisor'),
      supervisorctl: `supervisorctl -c ${join(this.folder, 'supervisord.conf')}`,
      logrotate_folder: join(this.folder, 'logrotate'),
      path: (process.env.PATH ?? '').split(':'),
    };
    const manifest = join(this.folder, 'site.pp');
    const written = Object.entries(parameters).map(([name, value]) => `  ${name} => ${literal(value)},`);
    await writeFile(
      manifest,
      [
        "class { 'buildbot_bridge':",
        ...written,
        `  secrets => { 'BBB_PULSE_PASSWORD' => Sensitive('${SECRET}') },`,
        '}',
        '',
      ].join('\n'),
    );
    const modules = join(ROOT, 'deploy/puppet');
    const own = ['confdir', 'vardir', 'codedir', 'rundir', 'logdir'].map(
      (name) => `--${name}=${join(this.folder, 'puppet', name)}`,
    );
    return run('puppet', [
      'apply',
      '--detailed-exitcodes',
      '--color=false',
      '--show_diff',
      `--modulepath=${modules}`,
      ...own,
      manifest,
    ]);
  }

  async stop(): Promise<void> {
    await this.control('shutdown');
    if (this.supervisord.exitCode === null)
      await new Promise((resolve) => this.supervisord.once('exit', resolve));
    this.outside.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function run(program: string, words: string[], options: { cwd?: string } = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(new Error(`${program} cannot be run`, { cause: error }));
    });
  });
}

/** A wrong exit code is shown with what the program wrote. */
function expectCode(code: number, outcome: Outcome): void {
  expect(outcome.code === code ? { code } : outcome).toEqual({ code });
}

/** A value in Puppet's language. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, item]) => `'${key}' => ${literal(item)}`)
      .join(', ')} }`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

const TEMPLATES = join(ROOT, 'deploy/puppet/buildbot_bridge/templates');

describeWhere(canStart('puppet'))('the templates of the Puppet module', () => {
  /** A template with the module's own defaults. */
  const render = async (template: string, values: Record<string, unknown>) => {
    const variables = Object.entries(values).map(
      ([name, value]) => `'buildbot_bridge::${name}' => ${literal(value)}`,
    );
    const words = ['epp', 'render', join(TEMPLATES, template), '--values', `{ ${variables.join(', ')} }`];
    const outcome = await run('puppet', words);
    expectCode(0, outcome);
    return outcome.stdout;
  };
  const definitions = (text: string) =>
    text.split('\n').filter((line) => line !== '' && !/^\s*[;#]/.test(line));
  const values = { home: '/builds/bbb', user: 'bbb', services: SERVICES, supervisorctl: 'supervisorctl' };

  it('define the programs as deploy/supervisord does', async () => {
    const ours = await readFile(join(ROOT, 'deploy/supervisord/buildbot-bridge.conf'), 'utf8');
    expect(definitions(await render('supervisord.conf.epp', values))).toEqual(
      definitions(ours)
        .map((line) => line.replaceAll('%(ENV_BUILDBOT_BRIDGE_HOME)s', values.home))
        .map((line) => line.replaceAll('%(ENV_BUILDBOT_BRIDGE_USER)s', values.user)),
    );
  });

  it('rotate the log files as deploy/logrotate does', async () => {
    const ours = await readFile(join(ROOT, 'deploy/logrotate/buildbot-bridge'), 'utf8');
    const settings = (text: string) => definitions(text).filter((line) => /^ {4}\w+( \d+)?$|^\//.test(line));
    expect(settings(await render('logrotate.epp', values))).toEqual(settings(ours));
  });
});

// Minutes on a busy machine: installing a package twice, and six restarts. So only whole campaigns have it.
if (isFull)
  describeWhere(canStart('puppet'))('the Puppet module, applied by Puppet', () => {
    let host: Host;
    let packages: { version: string; tarball: string }[];

    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'bbb-test-puppet-packages-'));
      packages = [await pack(await compileProject(), folder)];
      packages.push(await withVersion('99.0.0', packages[0]!.tarball, folder));
      host = await Host.start();
    }, COMPILATION_LIMIT);
    afterAll(async () => {
      await host.stop();
      await rm(join(packages[0]!.tarball, '..'), { recursive: true, force: true });
    });

    it(
      'installs the bridge and starts its services',
      async () => {
        const outcome = await host.apply(packages[0]!.version, packages[0]!.tarball);
        expectCode(2, outcome);
        await eventually(async () => expect(await host.healths()).toEqual([200, 200, 200]), 60);
        expect((await host.bridge('--version')).stdout.trim()).toBe(packages[0]!.version);
      },
      LIMIT,
    );

    it('keeps secrets to the account, and out of its own output', async () => {
      const secret = join(host.home, 'secrets', 'BBB_PULSE_PASSWORD');
      expect(await readFile(secret, 'utf8')).toBe(SECRET);
      expect((await stat(secret)).mode & 0o777).toBe(0o400);
      expect((await stat(join(host.home, 'secrets'))).mode & 0o777).toBe(0o700);
      for (const name of (await readdir(host.home)).filter((file) => /config|\.env|\.log$/.test(file)))
        expect(await readFile(join(host.home, name), 'utf8')).not.toContain(SECRET);
      const { stdout } = await host.bridge('-c', 'config.json', 'config', '--sources');
      expect(stdout).toMatch(/BBB_PULSE_PASSWORD_FILE/);
    });

    it(
      'changes nothing when it is applied again',
      async () => {
        const before = await host.pids();
        const outcome = await host.apply(packages[0]!.version, packages[0]!.tarball);
        expectCode(0, outcome);
        expect(await host.pids()).toEqual(before);
      },
      LIMIT,
    );

    it(
      'restarts the services when a setting changes',
      async () => {
        const before = await host.pids();
        const outcome = await host.apply(packages[0]!.version, packages[0]!.tarball, {
          restricted_builders: ['^release-.*$'],
        });
        expectCode(2, outcome);
        expect(outcome.stdout + outcome.stderr).not.toContain(SECRET);
        await eventually(async () => expect(await host.healths()).toEqual([200, 200, 200]), 60);
        for (const [index, pid] of (await host.pids()).entries()) expect(pid).not.toBe(before[index]);
      },
      LIMIT,
    );

    it(
      'migrates for a new version, and restarts the services',
      async () => {
        const before = await host.pids();
        const outcome = await host.apply(packages[1]!.version, packages[1]!.tarball, {
          restricted_builders: ['^release-.*$'],
        });
        expectCode(2, outcome);
        expect(outcome.stdout).toMatch(/migrate buildbot-bridge.*Triggered/);
        await eventually(async () => expect(await host.healths()).toEqual([200, 200, 200]), 60);
        for (const [index, pid] of (await host.pids()).entries()) expect(pid).not.toBe(before[index]);
        expect((await host.bridge('--version')).stdout.trim()).toBe('99.0.0');
      },
      LIMIT,
    );

    it(
      'leaves the running services alone when the new version cannot migrate',
      async () => {
        const before = await host.pids();
        const outcome = await host.apply(packages[0]!.version, packages[0]!.tarball, {
          bbb_db: 'sqlite:////nowhere/at/all/bbb.db',
        });
        expectCode(6, outcome);
        expect(await host.pids()).toEqual(before);
        expect((await host.apply(packages[1]!.version, packages[1]!.tarball)).code).toBe(2);
        await eventually(async () => expect(await host.healths()).toEqual([200, 200, 200]), 60);
      },
      LIMIT,
    );

    it(
      'rotates the log files, and the services go on in new ones',
      async () => {
        const configuration = join(host.folder, 'logrotate', 'buildbot-bridge');
        const outcome = await run('logrotate', [
          '--force',
          '--state',
          join(host.folder, 'rotated'),
          configuration,
        ]);
        expectCode(0, outcome);
        // logrotate makes no new files: a service that has not reopened its log has none.
        for (const service of SERVICES)
          await eventually(async () =>
            expect(await readdir(host.home)).toEqual(
              expect.arrayContaining([`${service}.log`, `${service}.log.1`]),
            ),
          );
      },
      LIMIT,
    );
  });

async function pack(project: string, folder: string): Promise<{ version: string; tarball: string }> {
  const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await run('npm', words, { cwd: project });
  const written = JSON.parse(stdout) as unknown;
  const [{ filename, version }] = (Array.isArray(written) ? written : Object.values(written as object)) as [
    { filename: string; version: string },
  ];
  return { version, tarball: join(folder, filename) };
}

/** The same package as another version. */
async function withVersion(version: string, tarball: string, folder: string) {
  await run('tar', ['-xzf', tarball, '-C', folder]);
  const file = join(folder, 'package', 'package.json');
  const contents = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...contents, version }));
  const packed = join(folder, `buildbot-bridge-${version}.tgz`);
  await run('tar', ['-czf', packed, '-C', folder, 'package']);
  return { version, tarball: packed };
}
