import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, makeOriginal } from '../libs/bridge-db/src/testing/original.js';
import { createSchedulerSchema } from '../sandbox/buildbot/index.js';
import { findFreePort } from '../sandbox/services.js';
import { createLayout2015 } from './support/layout-2015.js';
import { COMPILATION_LIMIT, compileProject, ROOT } from './support/project.js';
import { ServiceProcess } from './support/service-process.js';

const run = promisify(execFile);

describe('the package', () => {
  let home: string;
  /** Where an operator installed it: an empty folder, with configuration, databases and logs beside the modules. */
  let installation: string;
  let packed: { filename: string; files: { path: string }[] };
  const command = () => join(installation, 'node_modules', '.bin', 'buildbot-bridge');

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'bbb-test-package-'));
    installation = join(home, 'installation');
    await mkdir(installation);
    // The build that comes before packing has been made, for all test files.
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', home];
    const { stdout } = await run('npm', pack, { cwd: await compileProject() });
    const written = JSON.parse(stdout) as unknown;
    [packed] = (Array.isArray(written) ? written : Object.values(written as object)) as [typeof packed];
    const options = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...options, join(home, packed.filename)], { cwd: installation });
  }, COMPILATION_LIMIT);
  afterAll(async () => {
    await ServiceProcess.killAll();
    await rm(home, { recursive: true, force: true });
  });

  it('holds what runs, and neither tests nor sources', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
        'bin/buildbot-bridge.js',
        'config.example.json',
        ...['apps/tc-listener', 'apps/bb-listener', 'apps/reflector', 'all-in-one'].map(
          (folder) => `dist/${folder}/src/main.js`,
        ),
      ]),
    );
    expect(
      paths.filter((path) =>
        /(^|\/)test\/|\.spec\.|(?<!\.d)\.ts$|^(all-in-one|apps|libs)\/|supervisord\/try/.test(path),
      ),
    ).toEqual([]);
  });

  it('needs nothing that only development needs', () => {
    for (const name of ['jest', '@nestjs/cli', '@onify/fake-amqplib'])
      expect(existsSync(join(installation, 'node_modules', name))).toBe(false);
  });

  it('is built before it is packed, and tells its version', async () => {
    const { version, scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
      scripts: Record<string, string>;
    };
    expect(scripts.prepack).toBe('npm run build');
    expect((await run(command(), ['--version'], { cwd: installation })).stdout).toBe(`${version}\n`);
  });

  it('ends in silence when the reader of its output has left', async () => {
    const child = spawn(command(), ['--help'], { cwd: installation, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let told = '';
    child.stderr.on('data', (text: Buffer) => (told += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, told }).toEqual({ code: 0, told: '' });
  });

  it('migrates and runs in its own folder with the configuration of 2015', async () => {
    const schedulerDb = 'sqlite:///state.sqlite';
    await createSchedulerSchema(`sqlite:///${join(installation, 'state.sqlite')}`, 6);
    const nowhere = await findFreePort();
    const configuration = createLayout2015({
      rootUrl: `http://127.0.0.1:${nowhere}`,
      selfServeUrl: `http://127.0.0.1:${nowhere}`,
      pulse: { host: '127.0.0.1', port: nowhere, vhost: '/', user: 'bridge', password: 'secret' },
      user: 'bridge',
      schedulerDb,
      provisionerId: 'buildbot-bridge',
      workerType: 'buildbot-bridge',
      workerId: 'buildbot-bridge',
    });
    await writeFile(join(installation, 'config.json'), JSON.stringify(configuration), { mode: 0o600 });

    const show = () => run(command(), ['-c', 'config.json', 'migrate', '--show'], { cwd: installation });
    await expect(show()).rejects.toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/^bbb_db .*: there is no file \S+bbb\.db; correct the path/),
    });

    const port = await findFreePort();
    const service = ServiceProcess.start([command(), '-c', 'config.json', 'tclistener'], {
      cwd: installation,
      env: { BBB_HTTP_PORT: String(port) },
      port,
    });
    const { report } = await service.until(
      '/health/ready',
      ({ report: { details } }) => details.pulse !== undefined,
    );
    expect((await service.get('/health/live')).status).toBe(200);
    expect(report.details).toMatchObject({ 'bridge-db': { status: 'up' }, 'scheduler-db': { status: 'up' } });
    expect(await service.stop()).toBe(0);
    expect(await readFile(join(installation, 'tclistener.log'), 'utf8')).toContain('"msg":"service stopped"');
    expect(existsSync(join(installation, 'bbb.db'))).toBe(true);

    expect((await show()).stdout).toMatch(/^(\[X\] \w+ \(by version \S+\)\n)+$/);
  }, 60_000);

  it('speaks to a person who migrates: one line for what was kept aside, one for what is away', async () => {
    const migrate = (url: string) =>
      run(command(), ['migrate'], { cwd: installation, env: { ...process.env, BBB_BRIDGE_DB_URL: url } });
    const url = `sqlite:///${join(installation, 'old.db')}`;
    const old = await connect(url);
    await makeOriginal(old, 'from-1.6.3', [
      [1, 'AAAAAAAAAAAAAAAAAAAAAA', 0, 1, 1, null],
      [2, 'AAAAAAAAAAAAAAAAAAAAAA', 1, 1, 1, null],
    ]);
    await old.destroy();
    const { stdout, stderr } = await migrate(url);
    expect(stderr).toBe(
      'rows of superseded runs were set aside; migrate --down restores them (rows 1, table tasks_superseded)\n',
    );
    expect(stdout).toMatch(/^(migrated: \w+\n)+$/);

    await expect(
      migrate(`mysql://bridge:hunter2@127.0.0.1:${await findFreePort()}/bridge`),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^bridge database unavailable: no server answers there.*\n$/),
    });
  }, 60_000);
});
