import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from '@jest/globals';
import { parse } from 'dotenv';
import { createEnvironmentExample, SERVICE_NAMES, describeSettings } from '@bbb/configuration';
import { eventually } from './support/eventually.js';
import { describeWhere, isReachable } from './support/servers.js';
import type { ServiceProcess } from './support/service-process.js';
import { startServiceProcess, useServiceSandbox } from './support/service-sandbox.js';

type Json = Record<string, unknown>;

/** What the specs of the configuration cannot see: whether a process, as it is built and started, takes the settings. */
describeWhere(isReachable('rabbitmq'))('settings of a started process', () => {
  const current = useServiceSandbox();
  let configFile: string;

  beforeAll(async () => {
    configFile = await current.configure();
  });

  const start = (service: string, env: Record<string, string> = {}): Promise<ServiceProcess> =>
    startServiceProcess(service, configFile, env, current.folder);

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
