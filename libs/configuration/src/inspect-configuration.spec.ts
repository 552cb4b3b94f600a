import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Folder } from '../../platform/src/testing/folder.js';
import type { ServiceName } from './configuration.js';
import { inspectConfiguration } from './inspect-configuration.js';
import { NAMED_SETTINGS } from './named-settings.js';
import { LAST_LAYOUT, ROOT_URL } from './testing/layouts.js';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

function inspect(json: object, environment: Record<string, string> = {}, services?: ServiceName[]) {
  const file = folder.write('config.json', json);
  const inspection = inspectConfiguration(services, {
    file,
    directory: folder.path,
    environment: { TASKCLUSTER_ROOT_URL: ROOT_URL, ...environment },
  });
  const find = (key: string) => inspection.settings.find((setting) => setting.key === key);
  return { ...inspection, file, find };
}

it('lists every setting with its value and source, those of each service once for each', () => {
  const { settings, find, file, problems } = inspect(LAST_LAYOUT, { BBB_PULSE_HOST: 'pulse.example.com' });
  expect(problems).toEqual([]);
  const perService = NAMED_SETTINGS.filter(({ keys }) => keys[0].startsWith('<service>'));
  expect(settings).toHaveLength(NAMED_SETTINGS.length + 2 * perService.length);
  expect(find('pulse_host')).toEqual({
    key: 'pulse_host',
    variable: 'BBB_PULSE_HOST',
    value: 'pulse.example.com',
    source: 'BBB_PULSE_HOST',
    secret: false,
  });
  expect(find('pulse_user')).toMatchObject({ value: 'bridge', source: `pulse_user in ${file}` });
  expect(find('pulse_port')).toMatchObject({ value: 5671, source: 'default' });
  expect(find('builders_url')).toMatchObject({ value: null, source: 'default' });
  expect(find('bblistener.http_port')).toMatchObject({ value: 8082 });
  expect(find('reflector.http_port')).toMatchObject({ value: 8083 });
});

it('shows no secret', () => {
  const secret = 'plainword';
  const { settings, find } = inspect(LAST_LAYOUT, {
    TASKCLUSTER_ACCESS_TOKEN: secret,
    TASKCLUSTER_CERTIFICATE: `{"signature":"${secret}"}`,
    BBB_PULSE_PASSWORD: secret,
    BBB_BRIDGE_DB_URL: `postgresql://bridge:${secret}@db.example.com/bbb?password=${secret}`,
    BBB_SCHEDULER_DB_URL: `mysql://:${secret}@[::1]/scheduler?ssl_ca=${secret}`,
    BBB_SELF_SERVE_URL: `https://me:${secret}@secure.example.com/self-serve`,
    BBB_BUILDERS_URL: `https://${secret}@secure.example.com/list.json?token=${secret}`,
  });
  expect(JSON.stringify(settings)).not.toContain(secret);
  expect(find('pulse_password')).toMatchObject({ value: '(hidden)', secret: true });
  expect(find('bbb_db')).toMatchObject({ value: 'postgres://bridge@db.example.com:5432/bbb' });
  expect(find('buildbot_scheduler_db')).toMatchObject({ value: 'mysql://[::1]:3306/scheduler (TLS)' });
  expect(find('selfserve_url')).toMatchObject({ value: 'https://***@secure.example.com/self-serve' });
  expect(find('builders_url')).toMatchObject({ value: 'https://***@secure.example.com/list.json?***' });
});

it('reports missing and invalid settings by service, and hides an invalid value', () => {
  const { pulse_password: _, ...json } = LAST_LAYOUT;
  const wrong = { ...json, bbb_db: 'mysql//oops-a-secret', nonsense: 1 };
  const all = inspect(wrong);
  expect(all.find('pulse_password')).toMatchObject({ value: null, source: 'missing' });
  expect(all.find('bbb_db')).toMatchObject({ value: null, source: 'invalid' });
  expect(all.problems.map(({ subject }) => subject)).toEqual([
    'bbb_db (BBB_BRIDGE_DB_URL)',
    'pulse_password (BBB_PULSE_PASSWORD)',
  ]);
  expect(all.warnings).toEqual([expect.stringContaining('unknown key')]);
  expect(JSON.stringify(all)).not.toContain('oops');
  const { problems, find } = inspect(wrong, {}, ['reflector']);
  expect(problems.map(({ subject }) => subject)).toEqual(['bbb_db (BBB_BRIDGE_DB_URL)']);
  expect(find('pulse_password')).toMatchObject({ source: 'default' });
});
