import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { parse } from 'dotenv';
import { createEnvironmentExample, SERVICE_NAMES, describeSettings } from '@bbb/configuration';
import { openBroker } from '../sandbox/broker.js';
import { findFreePort } from '../sandbox/services.js';
import { Sandbox } from '../sandbox/sandbox.js';
import { eventually } from './support/eventually.js';
import { compileProject } from './support/project.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';

type Json = Record<string, unknown>;

/** What the specs of the configuration cannot see: whether a process, as it is built and started, takes the settings. */
describeWhere(isReachable('rabbitmq'))('settings of a started process', () => {
  let folder: string;
  let sandbox: Sandbox;
  let configFile: string;

  beforeAll(async () => {
    await compileProject();
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-settings-'));
    const [schedulerDb, bridgeDb] = ['scheduler.db', 'bridge.db'].map(
      (name) => `sqlite:///${join(folder, name)}`,
    ) as [string, string];
    const broker = openBroker(SERVERS.rabbitmq.url);
    sandbox = await Sandbox.start({ folder, seed: 1, schema: 6, schedulerDb, bridgeDb, broker });
    configFile = await sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 });
  }, 300_000);
  afterEach(() => ServiceProcess.killAll());
  afterAll(async () => {
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(service: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
    const port = await findFreePort();
    const main = join(await compileProject(), 'dist', 'apps', service, 'src', 'main.js');
    return ServiceProcess.start([process.execPath, main, '-c', configFile], {
      cwd: folder,
      env: { ...env, BBB_HTTP_PORT: String(port) },
      port,
    });
  }

  it.each(SERVICE_NAMES)(
    '%s starts with every setting as the documentation shows it',
    async (name) => {
      const json = JSON.parse(await readFile(configFile, 'utf8')) as Json;
      const documented = parse(createEnvironmentExample().replace(/^#(?=[A-Z_]+=)/gm, ''));
      // Where the outside systems are, and as whom to reach it, is for the file to say.
      const set = describeSettings().filter(
        ({ variable, keys }) => documented[variable] !== '' && !keys.some((key) => isIn(json, key)),
      );
      const env = Object.fromEntries(set.map(({ variable }) => [variable, documented[variable]!]));
      expect(Object.keys(env).length).toBeGreaterThan(30);
      const service = await start(name, env);
      await service.ready();
      expect(await service.stop()).toBe(0);
      expect(service.stderr).toBe('');
    },
    150_000,
  );

  it('a reflector begins its passes by a cron expression', async () => {
    const service = await start('reflector', { BBB_REFLECTOR_CRON: '* * * * * *' });
    await service.ready();
    await eventually(async () => {
      const { text } = await service.get('/metrics');
      expect(Number(/^bbb_pass_seconds_count (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(1);
    }, 60);
    expect(await service.stop()).toBe(0);
  }, 150_000);

  it('every problem is reported at once, with code 78 and without secrets', async () => {
    const limited = describeSettings().filter(({ default: fallback }) =>
      /^\d+(?:\.\d+)?(?:$|,)/.test(fallback),
    );
    const env = Object.fromEntries(limited.map(({ variable }) => [variable, 'hidden']));
    const service = await start('reflector', { ...env, BBB_BRIDGE_DB_URL: 'oracle://u:hidden@h/d' });
    expect(await service.exit()).toBe(78);
    for (const { variable } of limited.filter(({ variable: name }) => name !== 'BBB_HTTP_PORT'))
      expect(service.stderr).toContain(`(${variable}): `);
    expect(service.stderr).toContain('bbb_db (BBB_BRIDGE_DB_URL): must be a database URL');
    expect(service.stderr).not.toContain('hidden');
  }, 150_000);
});

function isIn(json: Json, key: string): boolean {
  let here: unknown = json;
  for (const name of key.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return false;
    here = (here as Json)[name];
  }
  return true;
}
