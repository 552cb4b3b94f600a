import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Folder } from '../../../platform/src/testing/folder.js';
import { record, recordJson } from '../testing/recording-host.js';

const CONFIGURATION = {
  taskcluster_queue_config: {
    rootUrl: 'https://tc.example.com',
    credentials: { clientId: 'bridge', accessToken: 'a-secret-token' },
  },
  buildbot_scheduler_db: 'mysql://bridge:a-secret-password@db.example.com/scheduler?ssl=true',
  bbb_db: 'mysql://bridge:a-secret-password@db.example.com/bbb?ssl=true',
  selfserve_url: 'https://secure.example.com/self-serve',
  pulse_user: 'bridge',
  pulse_queue_basename: 'queue/bridge',
  tc_worker_group: 'bridge',
  tc_worker_id: 'bridge',
  tclistener: { provisioner_id: 'bridge', worker_type: 'bridge' },
};

let folder: Folder;
let file: string;
beforeEach(() => {
  folder = new Folder();
  file = folder.write('config.json', CONFIGURATION);
});
afterEach(() => folder.remove());

it('prints the values in force, without secrets', async () => {
  const { code, stdout, stderr } = await record('-c', file, 'config', '--service', 'reflector');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^setting +value\n/);
  expect(stdout).toMatch(/^bbb_db +mysql:\/\/bridge@db\.example\.com:3306\/bbb \(TLS\)$/m);
  expect(stdout).toMatch(/^reflector\.interval +60$/m);
  expect(stdout).toMatch(/^builders_url +-$/m);
  expect(stdout + stderr).not.toContain('a-secret');
  expect(stderr).toContain('warning: no builder list is set');
  expect((await record('-q', '-c', file, 'config', '--service', 'reflector')).stderr).toBe('');
});

it('prints where each value comes from', async () => {
  const { stdout } = await record('-c', file, 'config', '--sources', '--service', 'reflector');
  expect(stdout).toMatch(/^setting +value +source +variable\n/);
  expect(stdout).toContain(`bbb_db in ${file}`);
  expect(stdout).toMatch(/^reflector\.interval +60 +default +BBB_REFLECTOR_INTERVAL$/m);
});

it('prints problems and ends with 78 when a service could not start', async () => {
  const { code, stdout, stderr } = await record('-c', file, 'config');
  expect(code).toBe(78);
  expect(stdout).toMatch(/^pulse_password +\(missing\)$/m);
  expect(stderr).toMatch(
    /^problem: pulse_password \(BBB_PULSE_PASSWORD\): is missing; set pulse_password in/m,
  );
});

it('prints JSON', async () => {
  const { code, json } = await recordJson('-c', file, 'config', '--service', 'reflector', '--json');
  expect(code).toBe(0);
  expect(json).toMatchObject({
    problems: [],
    warnings: [expect.stringContaining('builder list')],
    settings: expect.arrayContaining([
      {
        key: 'pulse_password',
        variable: 'BBB_PULSE_PASSWORD',
        value: null,
        source: 'default',
        secret: true,
      },
    ]),
  });
});
