import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Folder } from '../../platform/src/testing/folder.js';
import { ConfigurationError } from './configuration-error.js';
import { inspectConfiguration } from './inspect-configuration.js';
import { loadConfiguration } from './load-configuration.js';
import { nameMasters } from './masters.js';
import { listSecrets } from './secrets.js';
import { LAST_LAYOUT, ROOT_URL } from './testing/layouts.js';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const { buildbot_scheduler_db: _db, selfserve_url: _url, ...WITHOUT_LEGACY } = LAST_LAYOUT;
const MODERN = {
  kind: 'modern',
  url: 'https://buildbot.example.com/',
  user: 'bridge',
  password: 'of-modern',
};

function load(json: object) {
  const file = folder.write('config.json', json);
  const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL };
  return loadConfiguration('reflector', { file, environment, directory: folder.path });
}

function subjects(json: object): string[] {
  try {
    load(json);
  } catch (error) {
    return (error as ConfigurationError).problems.map(({ subject }) => subject);
  }
  return [];
}

describe('the kind of Buildbot', () => {
  it('is legacy by default, and requires no setting of modern Buildbot', () => {
    const { configuration } = load(LAST_LAYOUT);
    expect(configuration.buildbot).toMatchObject({ kind: 'legacy', url: '', user: '', password: '' });
    expect(configuration.reflector.finishedGrace).toBe(600);
  });

  it('modern requires neither the scheduler database nor Self Serve nor a builder list', () => {
    const { configuration, warnings } = load({ ...WITHOUT_LEGACY, buildbot: MODERN });
    expect(configuration).toMatchObject({
      buildbot: {
        ...MODERN,
        masters: [],
        scheduler: 'bridge',
        creation: 'plugin',
        timeout: 20,
        maxConnections: 10,
      },
      ...{ schedulerDb: { url: '' }, selfServe: { url: '' } },
      // No message comes that would be worth waiting for.
      reflector: { finishedGrace: 0 },
    });
    expect(configuration.buildbot.maxOpenPerBuilder).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('modern needs Pulse only for tc-listener', () => {
    const { pulse_user: _user, pulse_password: _word, pulse_queue_basename: _base, ...rest } = WITHOUT_LEGACY;
    const file = folder.write('config.json', { ...rest, buildbot: MODERN });
    const request = { file, environment: { TASKCLUSTER_ROOT_URL: ROOT_URL }, directory: folder.path };
    expect(() => loadConfiguration('bb-listener', request)).not.toThrow();
    expect(() => loadConfiguration('tc-listener', request)).toThrow('pulse_user');
    folder.write('config.json', { ...rest, ...LAST_LAYOUT, pulse_user: undefined });
    expect(() => loadConfiguration('bb-listener', request)).toThrow('pulse_user');
  });

  it.each([
    ['none', undefined],
    ['a short one', 'fifteen-letters'],
  ])('takes no posts with %s secret, which is not shown', (_, secret) => {
    const buildbot = { ...MODERN, push_port: 8090, push_secret: secret };
    expect(subjects({ ...WITHOUT_LEGACY, buildbot })).toEqual([
      'buildbot.push_secret (BBB_BUILDBOT_PUSH_SECRET)',
    ]);
    const accepted = { ...buildbot, push_secret: 'sixteen-letters-' };
    const { configuration } = load({ ...WITHOUT_LEGACY, buildbot: accepted });
    expect(configuration.buildbot).toMatchObject({ pushPort: 8090, pushSecret: 'sixteen-letters-' });
    expect(listSecrets(configuration)).toContain('sixteen-letters-');
  });

  it('decides what is missing', () => {
    expect(subjects({ ...WITHOUT_LEGACY, buildbot: { kind: 'modern' } })).toEqual([
      'buildbot.url (BBB_BUILDBOT_URL)',
      'buildbot.user (BBB_BUILDBOT_USER)',
      'buildbot.password (BBB_BUILDBOT_PASSWORD)',
    ]);
    expect(subjects(WITHOUT_LEGACY)).toEqual([
      'buildbot_scheduler_db (BBB_SCHEDULER_DB_URL)',
      'selfserve_url (BBB_SELF_SERVE_URL)',
    ]);
    expect(subjects({ ...LAST_LAYOUT, buildbot: { kind: 'new' } })).toEqual([
      'buildbot.kind (BBB_BUILDBOT_KIND)',
    ]);
  });

  it('decides what the configuration shows as missing', () => {
    const file = folder.write('config.json', { ...WITHOUT_LEGACY, buildbot: { kind: 'modern' } });
    const { settings } = inspectConfiguration(['reflector'], {
      file,
      environment: {},
      directory: folder.path,
    });
    const sources = Object.fromEntries(settings.map(({ key, source }) => [key, source]));
    expect(sources).toMatchObject({ 'buildbot.url': 'missing', selfserve_url: 'default' });
  });

  it('warns of a modern master that is reached by plain http', () => {
    const { warnings } = load({
      ...WITHOUT_LEGACY,
      buildbot: { ...MODERN, url: 'http://buildbot.example.com' },
    });
    expect(warnings).toEqual([expect.stringMatching(/^INSECURE: buildbot\.url is reached by plain http/)]);
  });
});

describe('buildbot.masters', () => {
  const BM2 = 'bm2:/srv/a=b';

  it('are URLs by the names of masters', () => {
    const masters = ['bm1:/srv=https://bm1.example.com/', 'bm2:/srv=http://u:pass-word@bm2/?a=b'];
    expect(
      load({ ...WITHOUT_LEGACY, buildbot: { ...MODERN, masters } }).configuration.buildbot.masters,
    ).toEqual(masters);
    expect(nameMasters(masters)).toEqual({
      'bm1:/srv': 'https://bm1.example.com/',
      'bm2:/srv': 'http://u:pass-word@bm2/?a=b',
    });
  });

  it.each([BM2, 'https://bm1.example.com/', '=https://bm1.example.com/', 'bm1'])('are not %s', (one) => {
    expect(subjects({ ...WITHOUT_LEGACY, buildbot: { ...MODERN, masters: [one] } })).toEqual([
      'buildbot.masters (BBB_BUILDBOT_MASTERS)',
    ]);
  });
});

it('passwords of modern Buildbot are secrets, also in the form in which they are sent', () => {
  const masters = ['bm2:/srv=https://u:of-another@bm2.example.com'];
  const { configuration } = load({ ...WITHOUT_LEGACY, buildbot: { ...MODERN, masters } });
  const sent = Buffer.from('bridge:of-modern').toString('base64');
  expect(listSecrets(configuration)).toEqual(expect.arrayContaining(['of-modern', sent, 'of-another']));
  expect(listSecrets(load(LAST_LAYOUT).configuration).filter((secret) => secret.startsWith('Og'))).toEqual(
    [],
  );
});
