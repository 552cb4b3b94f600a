import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { Folder } from '../../platform/src/testing/folder.js';
import { LAST_LAYOUT, LAYOUT_2015, ROOT_URL } from './testing/layouts.js';
import { SERVICE_NAMES, type ServiceName } from './configuration.js';
import { ConfigurationError } from './configuration-error.js';
import { describeSource } from './named-settings.js';
import { loadBridgeDbUrl, loadConfiguration, loadSetting } from './load-configuration.js';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

type Environment = Record<string, string>;

function load(
  service: ServiceName,
  json: object,
  environment: Environment = { TASKCLUSTER_ROOT_URL: ROOT_URL },
) {
  const file = folder.write('config.json', json);
  return loadConfiguration(service, { file, environment, directory: folder.path });
}

function refusal(work: () => unknown): ConfigurationError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the layouts of the original', () => {
  it('reads the 2015 layout for the listener of Taskcluster', () => {
    const { configuration, warnings } = load('tc-listener', LAYOUT_2015);
    expect(configuration).toMatchObject({
      service: 'tc-listener',
      taskcluster: {
        rootUrl: ROOT_URL,
        clientId: 'client-2015',
        accessToken: 'token-of-2015',
        provisionerId: 'buildbot-bridge-dev',
        workerType: 'buildbot-bridge-dev',
        workerGroup: 'buildbot-bridge-dev',
        workerId: 'buildbot-bridge-dev-id',
      },
      schedulerDb: { url: 'sqlite:////builds/buildbot/dev/build1/master/state.sqlite' },
      bridgeDb: { url: 'sqlite:///bbb.db' },
      pulse: {
        user: 'dev',
        password: 'pulse-of-2015',
        queueBasename: 'queue/dev',
        taskclusterExchangeBasename: 'exchange/taskcluster-queue/v1',
        buildbotExchange: 'exchange/dev/buildbot',
      },
      selfServe: { url: 'http://foo.com/junk' },
      builders: { allowed: ['.*'] },
      log: { file: 'tclistener.log' },
    });
    expect(warnings).toEqual([
      expect.stringContaining('builders_url'),
      expect.stringMatching(/INSECURE: selfserve_url .* plain http/),
    ]);
  });

  it.each(SERVICE_NAMES)('reads both layouts for %s and knows all of their keys', (service) => {
    const logfile = {
      'tc-listener': 'tclistener.log',
      'bb-listener': 'bblistener.log',
      reflector: 'reflector.log',
    };
    for (const layout of [LAYOUT_2015, LAST_LAYOUT]) {
      const { configuration, warnings } = load(service, layout);
      expect(configuration.log.file).toBe(logfile[service]);
      expect(configuration.reflector.schedule).toEqual({ everySeconds: 60 });
      expect(warnings.filter((warning) => warning.includes('unknown'))).toEqual([]);
    }
  });

  it('reads the last layout', () => {
    expect(load('reflector', LAST_LAYOUT).configuration).toMatchObject({
      selfServe: { url: 'https://secure.example.com/self-serve' },
      taskcluster: { workerGroup: 'buildbot-bridge', workerId: 'buildbot-bridge-id' },
      builders: { restricted: ['^release-.*$'], ignored: ['^((?!alder).)*$'] },
    });
    expect(load('reflector', LAST_LAYOUT).configuration.builders).not.toHaveProperty('allowed');
  });

  it.each(SERVICE_NAMES)('requires only the root URL in addition to the 2015 layout for %s', (service) => {
    const { problems } = refusal(() => load(service, LAYOUT_2015, {}));
    expect(problems).toEqual([
      {
        subject: 'taskcluster_queue_config.rootUrl (TASKCLUSTER_ROOT_URL)',
        remedy: expect.stringMatching(/missing.*taskcluster_queue_config\.rootUrl.*TASKCLUSTER_ROOT_URL/),
      },
    ]);
  });
});

describe('sources', () => {
  const withUser = { ...LAST_LAYOUT, selfserve_user: 'from-json' };
  const user = (environment: Environment = {}) =>
    load('reflector', withUser, { TASKCLUSTER_ROOT_URL: ROOT_URL, ...environment }).configuration.selfServe
      .user;

  it('override each other in the order: default, JSON file, .env, environment', () => {
    expect(load('reflector', LAST_LAYOUT).configuration.selfServe.user).toBe('buildbot-bridge');
    expect(user()).toBe('from-json');
    folder.write('.env', 'BBB_SELF_SERVE_USER=from-dotenv\n');
    expect(user()).toBe('from-dotenv');
    expect(user({ BBB_SELF_SERVE_USER: 'from-environment' })).toBe('from-environment');
  });

  it('let a secret file override everything, without its last line end', () => {
    folder.write('password', 'from-file\n');
    const environment = {
      TASKCLUSTER_ROOT_URL: ROOT_URL,
      BBB_PULSE_PASSWORD: 'x',
      BBB_PULSE_PASSWORD_FILE: 'password',
    };
    expect(load('tc-listener', LAST_LAYOUT, environment).configuration.pulse.password).toBe('from-file');
  });

  it('ignore an empty variable', () => {
    expect(user({ BBB_SELF_SERVE_USER: '' })).toBe('from-json');
  });

  it('find the JSON file through BBB_CONFIG, and do not require one', () => {
    const file = folder.write('other.json', { bbb_db: 'sqlite:///other.db' });
    const directory = folder.path;
    expect(loadBridgeDbUrl({ directory, environment: { BBB_CONFIG: file } })).toBe('sqlite:///other.db');
    expect(loadBridgeDbUrl({ directory, environment: { BBB_CONFIG: 'other.json' } })).toBe(
      'sqlite:///other.db',
    );
    expect(loadBridgeDbUrl({ directory, environment: { BBB_BRIDGE_DB_URL: 'sqlite:///env.db' } })).toBe(
      'sqlite:///env.db',
    );
  });

  it('are converted from text by the kind of the setting', () => {
    const environment = {
      TASKCLUSTER_ROOT_URL: ROOT_URL,
      BBB_PULSE_TLS: 'no',
      BBB_TASKCLUSTER_TIMEOUT: '2.5',
      BBB_BUILDERS_RESTRICTED: '^a.*, ^b$',
      BBB_BUILDERS_IGNORED: '["x{1,2}"]',
      BBB_REFLECTOR_CRON: '*/30 * * * * *',
    };
    const { configuration } = load('tc-listener', LAST_LAYOUT, environment);
    expect(configuration.pulse).toMatchObject({ tls: false, port: 5672 });
    expect(configuration.taskcluster.timeout).toBe(2.5);
    expect(configuration.builders).toMatchObject({ restricted: ['^a.*', '^b$'], ignored: ['x{1,2}'] });
    expect(configuration.reflector.schedule).toEqual({ cron: '*/30 * * * * *' });
  });

  it('are overridden by the log level of the command line', () => {
    const file = folder.write('config.json', { ...LAST_LAYOUT, log_level: 'warn' });
    const options = { file, directory: folder.path, environment: { TASKCLUSTER_ROOT_URL: ROOT_URL } };
    expect(loadConfiguration('reflector', options).configuration.log.level).toBe('warn');
    expect(loadConfiguration('reflector', { ...options, logLevel: 'debug' }).configuration.log.level).toBe(
      'debug',
    );
  });
});

describe('defaults', () => {
  it('have the documented values', () => {
    const { configuration } = load('bb-listener', LAST_LAYOUT);
    expect(configuration).toMatchObject({
      taskcluster: { timeout: 10, retries: 2, runCredentials: 'temporary', artifactStorage: 's3' },
      pulse: {
        host: 'pulse.mozilla.org',
        port: 5671,
        tls: true,
        insecureSsl: false,
        vhost: '/',
        prefetch: 100,
        heartbeat: 30,
        reconnectMin: 1,
        reconnectMax: 15,
      },
      selfServe: { user: 'buildbot-bridge', timeout: 20, maxConnections: 10 },
      builders: { refresh: 300, timeout: 60 },
      results: { warnings: 'failed', exception: 'malformed-payload' },
      reflector: { reclaimWindow: 600, finishedGrace: 600, missingGrace: 600, concurrency: 50, batch: 900 },
      parking: { firstDelay: 5, maxDelay: 300, attempts: 20, interval: 5, reservation: 120 },
      http: { host: '127.0.0.1', port: 8082 },
      shutdown: { grace: 25 },
    });
  });

  it('give each service its own port, which its section can change', () => {
    const json = { ...LAST_LAYOUT, reflector: { http_port: 9999 } };
    const ports = SERVICE_NAMES.map((service) => load(service, json).configuration.http.port);
    expect(ports).toEqual([8081, 8082, 9999]);
  });
});

describe('the required settings of a service', () => {
  const {
    pulse_user: _user,
    pulse_password: _password,
    pulse_queue_basename: _queue,
    ...withoutPulse
  } = LAST_LAYOUT;

  it('include Pulse for the listeners only', () => {
    expect(load('reflector', withoutPulse).configuration.pulse.user).toBe('');
    const subjects = refusal(() => load('bb-listener', withoutPulse)).problems.map(({ subject }) => subject);
    expect(subjects).toEqual([
      'pulse_user (BBB_PULSE_USER)',
      'pulse_password (BBB_PULSE_PASSWORD)',
      'pulse_queue_basename (BBB_PULSE_QUEUE_BASENAME)',
    ]);
  });

  it('include provisioner and worker type only for services that read pending tasks', () => {
    const json = { ...LAST_LAYOUT, tclistener: {} };
    expect(load('bb-listener', json).configuration.taskcluster.provisionerId).toBe('');
    for (const service of ['tc-listener', 'reflector'] as const) {
      expect(refusal(() => load(service, json)).problems).toHaveLength(2);
    }
  });
});

describe('problems', () => {
  it('are reported together, by key and variable, with the remedy', () => {
    const json = {
      ...LAST_LAYOUT,
      bbb_db: 'oracle://u:hidden-one@h/d',
      pulse_password: { oops: 'hidden-two' },
      pulse_port: 70_000,
      selfserve_url: 'ftp://x/y',
      selfserve_max_connections: 0,
      restricted_builders: ['fine', '(unclosed', '(?P<name>x)'],
      reflector: { interval: 0, cron: 'every minute', reclaim_window: '600' },
      results: { warnings: 'ignored' },
      pulse_reconnect_min: 50,
    };
    const { message, problems } = refusal(() =>
      load('tc-listener', json, { TASKCLUSTER_ROOT_URL: 'hidden-three', BBB_SHUTDOWN_GRACE: 'soon' }),
    );
    expect(problems.map(({ subject }) => subject.split(' ')[0]).sort()).toEqual(
      [
        'taskcluster_queue_config.rootUrl',
        'bbb_db',
        'pulse_password',
        'pulse_port',
        'selfserve_url',
        'selfserve_max_connections',
        'restricted_builders',
        'reflector.interval',
        'reflector.cron',
        'reflector.reclaim_window',
        'results.warnings',
        'pulse_reconnect_min',
        'shutdown_grace',
      ].sort(),
    );
    expect(message).toContain('must be a database URL: sqlite:///relative/file');
    expect(message).toContain('named group as (?<name>...)');
    expect(message).toContain('"(unclosed"');
    expect(message).toContain('given by BBB_SHUTDOWN_GRACE');
    expect(message).not.toContain('hidden');
  });

  it.each(['taskcluster_queue_config.call_deadline', 'selfserve_timeout', 'buildbot.timeout'])(
    'include a %s that is longer than the shutdown; its default never is',
    (key) => {
      const [section, name] = key.split('.') as [string, string?];
      const json = {
        ...LAST_LAYOUT,
        [section]:
          name === undefined
            ? 10
            : { ...(LAST_LAYOUT as object as Record<string, object>)[section], [name]: 10 },
      };
      const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_SHUTDOWN_GRACE: '10' };
      const { problems } = refusal(() => load('reflector', json, environment));
      expect(problems).toEqual([
        {
          subject: expect.stringContaining(`${key} (`),
          remedy: 'must be less than shutdown_grace (BBB_SHUTDOWN_GRACE)',
        },
      ]);
      const { configuration } = load('reflector', LAST_LAYOUT, environment);
      expect(configuration).toMatchObject({
        ...{ taskcluster: { callDeadline: 8 }, selfServe: { timeout: 8 }, buildbot: { timeout: 8 } },
      });
    },
  );

  it.each([
    ['no file', undefined, /cannot be read \(ENOENT\)/],
    ['broken JSON', '{\n  "pulse_password": "hidden",\n}', /not valid JSON \(line 3, column 1\)/],
    ['a broken value', '{"pulse_password": hidden}', /not valid JSON \(line 1, column 20\)/],
    [
      'a broken value in a long file',
      `{\n  "a": [${'1, '.repeat(200)}2],\n  "pulse_password": 'hidden',\n  "b": "hidden"\n}\n`,
      /not valid JSON \(line 3, column 21\)/,
    ],
    ['a comment', '{\r\n  // hidden\r\n  "a": 1\r\n}', /not valid JSON \(line 2, column 3\)/],
    ['a comma too many', '{"hidden": [\n1,\n]}', /not valid JSON \(line 3, column 1\)/],
    ['a byte order mark', '\uFEFF{"a": hidden}', /not valid JSON \(line 1, column 7\)/],
    ['an end that is missing', '{"hidden": {\n"a": 1', /not valid JSON \(line 2, column 7\)/],
    ['a quote that is missing', '{"a": "hidden\n}', /not valid JSON \(line 1, column 14\)/],
    ['text after its end', '{}\nhidden', /not valid JSON \(line 2, column 1\)/],
    ['a word that is none', '[nullhidden]', /not valid JSON \(line 1, column 6\)/],
    ['nothing in it', '', /not valid JSON \(line 1, column 1\)/],
    ['a list', '["hidden"]', /JSON object/],
  ])('name a JSON file with %s without quoting it', (_what, content, expected) => {
    if (content !== undefined) folder.write('broken.json', content);
    const { message } = refusal(() =>
      loadConfiguration('reflector', { file: 'broken.json', directory: folder.path, environment: {} }),
    );
    expect(message).toMatch(expected);
    expect(message).toContain('broken.json');
    expect(message).not.toContain('hidden');
  });

  it('name the variable of a secret file that is missing, empty or no file', () => {
    folder.write('empty', '\n');
    mkdirSync(`${folder.path}/folder`);
    for (const name of ['missing', 'empty', 'folder']) {
      const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, TASKCLUSTER_ACCESS_TOKEN_FILE: name };
      const { problems } = refusal(() => load('reflector', LAST_LAYOUT, environment));
      expect(problems).toEqual([{ subject: 'TASKCLUSTER_ACCESS_TOKEN_FILE', remedy: expect.any(String) }]);
    }
  });

  it.each([
    ['sqlite:///relative.db', true],
    ['sqlite:////absolute/file.db', true],
    ['mysql://u:p@h/d', true],
    ['mysql+mysqldb://u:p@h:3307/d?charset=utf8', true],
    ['mariadb://u@h/d', true],
    ['postgresql://u:p%40@h/d', true],
    ['postgresql+psycopg2://u:p@[::1]:5432/d', true],
    ['sqlite://', false],
    ['sqlite:///', false],
    ['sqlite:///:memory:', false],
    ['mysql://u:p@h', false],
    ['mysql://u:p@/d', false],
    ['bbb.db', false],
    ['mysql://u:%70%25@h/d?ssl_ca=100%', true],
    ['sqlite:///100%.db', false],
    ['mysql://u%:p@h/d', false],
    ['mysql://u:p@h/d%', false],
    ['mysql://u:12/ab@h/d', false],
    ['mysql://u:p@h/d?mail=a@b', true],
    ['mysql://u:p@h/d?ssl=perhaps', false],
  ])('judge the database URL %s', (url, isFine) => {
    const read = () =>
      loadSetting('bridgeDb.url', { directory: folder.path, environment: { BBB_BRIDGE_DB_URL: url } });
    if (isFine) expect(read()).toBe(url);
    else expect(read).toThrow(ConfigurationError);
  });

  it('are reported with the unknown names, one of which may be a misspelt setting', () => {
    const { pulse_user: _none, ...json } = { ...LAYOUT_2015, pulse_usr: 'x' };
    const { message, problems } = refusal(() =>
      load('tc-listener', json, { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_PULSE_USR: 'x' }),
    );
    expect(problems).toHaveLength(1);
    expect(message).toMatch(/^ {2}pulse_user \(BBB_PULSE_USER\): is missing/m);
    expect(message).toMatch(/^ {2}unknown key in \S+, ignored: pulse_usr$/m);
    expect(message).toMatch(/^ {2}unknown variable, ignored: BBB_PULSE_USR$/m);
  });

  it('say how to write a % in a password, together with all other problems', () => {
    const json = { ...LAST_LAYOUT, bbb_db: 'mysql://me:hidden%@127.0.0.1/x', pulse_port: 0 };
    const { message, problems } = refusal(() => load('reflector', json, { TASKCLUSTER_ROOT_URL: ROOT_URL }));
    expect(problems.map(({ subject }) => subject.split(' ')[0])).toEqual(['bbb_db', 'pulse_port']);
    expect(message).toContain(
      'bbb_db (BBB_BRIDGE_DB_URL): a % in a database URL that begins no percent-encoding',
    );
    expect(message).toContain('%25');
    expect(message).not.toContain('hidden');
  });

  it.each([
    ['* * * * *', true],
    ['*/15 * * * * *', true],
    ['61 * * * * *', false],
    ['2026-01-01T00:00:00Z', false],
    ['* * *', false],
  ])('judge the cron expression %s', (cron, isFine) => {
    const read = () =>
      loadSetting('reflector.cron', { directory: folder.path, environment: { BBB_REFLECTOR_CRON: cron } });
    if (isFine) expect(read()).toBe(cron);
    else expect(read).toThrow(ConfigurationError);
  });
});

describe('warnings', () => {
  const findWarnings = (json: object, environment: Environment = {}) =>
    load('bb-listener', json, { TASKCLUSTER_ROOT_URL: ROOT_URL, ...environment }).warnings;

  it.each([
    ['tc-listener', 1],
    ['reflector', 1],
    ['bb-listener', 0],
  ] as const)('warn %s that builder names are not checked (%i)', (service, count) => {
    const { warnings } = load(service, LAST_LAYOUT, { TASKCLUSTER_ROOT_URL: ROOT_URL });
    expect(warnings.filter((warning) => warning.includes('builders_url'))).toHaveLength(count);
  });

  it('name unknown keys and variables', () => {
    const json = { ...LAST_LAYOUT, pulse_pasword: 'hidden', reflector: { intervall: 3 }, other: { deep: 1 } };
    expect(findWarnings(json, { BBB_PULSE_HOTS: 'hidden' })).toEqual([
      expect.stringMatching(/unknown key .*: reflector\.intervall$/),
      expect.stringMatching(/unknown key .*: pulse_pasword$/),
      expect.stringMatching(/unknown key .*: other$/),
      'unknown variable, ignored: BBB_PULSE_HOTS',
    ]);
  });

  it('name files with secrets that others may read', () => {
    const file = folder.write('config.json', LAST_LAYOUT);
    expect(findWarnings(LAST_LAYOUT)).toEqual([]);
    chmodSync(file, 0o640);
    expect(findWarnings(LAST_LAYOUT)).toEqual([
      expect.stringMatching(/config\.json holds secrets.*chmod 600/),
    ]);
    chmodSync(file, 0o600);
    folder.write('.env', 'BBB_PULSE_PASSWORD=hidden', 0o644);
    expect(findWarnings(LAST_LAYOUT)).toEqual([expect.stringMatching(/\.env holds secrets/)]);
    chmodSync(`${folder.path}/.env`, 0o600);
    const secret = folder.write('pulse-password', 'hidden', 0o644);
    const environment = { BBB_PULSE_PASSWORD_FILE: 'pulse-password' };
    expect(findWarnings(LAST_LAYOUT, environment)).toEqual([
      expect.stringMatching(/pulse-password holds secrets/),
    ]);
    chmodSync(secret, 0o440);
    expect(findWarnings(LAST_LAYOUT, environment)).toEqual([]);
  });

  it.each([
    ['pulse_insecure_ssl', { pulse_insecure_ssl: true }],
    ['pulse_ssl', { pulse_ssl: false }],
    ['buildbot_scheduler_db', { buildbot_scheduler_db: 'mysql://u:p@h/d?ssl=true&ssl_insecure=true' }],
    ['bbb_db', { bbb_db: 'postgresql://u:p@h/d?ssl_insecure=1' }],
    ['ssl_insecure in bbb_db', { bbb_db: 'postgresql+psycopg2://u:p@h/d?ssl_insecure=Require' }],
    ['ssl_insecure in bbb_db', { bbb_db: 'mysql://u:p@h/d?a=b&ssl%5Finsecure=tru%65' }],
    ['encrypted .bbb_db', { bbb_db: 'mysql://u:p@h/d' }],
    ['encrypted .buildbot_scheduler_db', { buildbot_scheduler_db: 'postgresql://u:p@h/d?ssl=false' }],
    ['selfserve_url', { selfserve_url: 'http://build.example.com/self-serve' }],
    ['builders_url', { builders_url: 'http://build.example.com/allthethings.json' }],
    [
      'rootUrl',
      {
        taskcluster_queue_config: {
          ...LAST_LAYOUT.taskcluster_queue_config,
          rootUrl: 'http://tc.example.com',
        },
      },
    ],
  ])('are logged at every start with a connection that is insecure because of %s', (key, changes) => {
    const { warnings } = load(
      'bb-listener',
      { ...LAST_LAYOUT, ...changes },
      key === 'rootUrl' ? {} : undefined,
    );
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^INSECURE: .*${key}`))]);
  });

  it('are not given for connections to this machine', () => {
    const near = {
      selfserve_url: 'http://127.0.0.1:8000/',
      builders_url: 'http://[::1]/list',
      pulse_ssl: false,
      bbb_db: 'mysql://u:p@127.0.0.1/d',
      buildbot_scheduler_db: 'sqlite:///state.sqlite?ssl_insecure=true',
    };
    expect(load('bb-listener', { ...LAST_LAYOUT, ...near, pulse_host: 'localhost' }).warnings).toEqual([]);
  });
});

describe('a variable that disables certificate verification everywhere', () => {
  it('is refused, with the remedy', () => {
    const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { problems } = refusal(() => load('reflector', LAST_LAYOUT, environment));
    expect(problems).toEqual([
      { subject: 'NODE_TLS_REJECT_UNAUTHORIZED', remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS') },
    ]);
  });
});

describe('a value that would remove a restriction by mistake', () => {
  const refused = (json: object, environment: Environment = {}) =>
    refusal(() =>
      load('reflector', { ...LAST_LAYOUT, ...json }, { TASKCLUSTER_ROOT_URL: ROOT_URL, ...environment }),
    ).message;

  it.each([
    '^release-.{1,3}$',
    '^(a,b)',
    '[a,b]+',
    "'^release-.*$'",
    '"^release-.*$"',
    '^release;^nightly',
    '^release ^nightly',
    '^release$ nightly',
    '^release\n^nightly',
    "'^release$' '^nightly$'",
    '["^release$" "^nightly$"]',
    '["^release$"];["^nightly$"]',
    '^release, nightly$',
    '^release\\,nightly',
    '^release,',
    '^release,,^nightly',
  ])('is refused as a list in a variable: %s', (text) => {
    const message = refused({}, { BBB_BUILDERS_RESTRICTED: text });
    expect(message).toMatch(/restricted_builders .*JSON array/);
  });

  it.each(['^a b$,^c[d]e{2}', '^a$, ^b$', 'a b,c$', '["^release-.{1,3}$", "^a,b$"]', '[a-z]+'])(
    'is no list such as %s',
    (text) => {
      const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_BUILDERS_RESTRICTED: text };
      expect(() => load('reflector', LAST_LAYOUT, environment)).not.toThrow();
    },
  );

  it('is refused as null for a list', () => {
    expect(refused({ restricted_builders: null })).toMatch(/restricted_builders .*must be a list/);
  });

  it('is warned of where every builder is ignored', () => {
    const { warnings } = load('reflector', { ...LAST_LAYOUT, ignored_builders: [''] });
    expect(warnings).toContainEqual(expect.stringContaining('ignored_builders has an empty pattern'));
  });

  it('is a .env that cannot be read', () => {
    mkdirSync(`${folder.path}/.env`);
    expect(refused({})).toMatch(/\.env: cannot be read \(EISDIR\)/);
  });

  it.each([
    ['0 0 31 2 *', 'never fires'],
    ['*/90 * * * * *', 'step that is longer than its field: */90'],
    ['0 */24 * * *', 'step that is longer'],
  ])('is refused as a cron expression: %s', (cron, reason) => {
    expect(refused({ reflector: { cron } })).toContain(reason);
  });

  it.each(['*/59 * * * * *', '*/30 * * * *', '0 0 29 2 *', '0 0 * * 7'])(
    'is no cron expression such as %s',
    (cron) => {
      expect(() => load('reflector', { ...LAST_LAYOUT, reflector: { cron } })).not.toThrow();
    },
  );
});

describe('files of secrets', () => {
  const password = (content: string | Buffer) => {
    writeFileSync(`${folder.path}/password`, content, { mode: 0o600 });
    const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_PULSE_PASSWORD_FILE: 'password' };
    return load('tc-listener', LAST_LAYOUT, environment).configuration.pulse.password;
  };

  it.each(['\uFEFFhidden', 'hidden\r\n', 'hidden\n\n', 'hidden\r'])(
    'are read without the characters that an editor adds: %j',
    (content) => {
      expect(password(content)).toBe('hidden');
    },
  );

  it.each([' hidden', 'hidden ', 'hid\nden', 'hid\u200bden'])(
    'are rejected with invisible characters: %j',
    (content) => {
      const { message } = refusal(() => password(content));
      expect(message).toContain('BBB_PULSE_PASSWORD_FILE: names a file with blanks');
      expect(message).not.toContain('hidden');
    },
  );

  it.each(['hidden\r', ' hidden', 'hid\u200bden', '\uFEFFhidden'])(
    'are rejected with the same characters in a variable: %j',
    (given) => {
      const base = { TASKCLUSTER_ROOT_URL: ROOT_URL };
      const inVariable = () => load('tc-listener', LAST_LAYOUT, { ...base, BBB_PULSE_PASSWORD: given });
      expect(refusal(inVariable).message).toContain(
        'BBB_PULSE_PASSWORD: has blanks around the secret or inv',
      );
      const inJson = () => load('tc-listener', { ...LAST_LAYOUT, pulse_password: given }, base);
      expect(refusal(inJson).message).toMatch(/pulse_password in .*config.json: has blanks/);
      folder.write('.env', `BBB_PULSE_PASSWORD="${given.replace('\r', '\\r')}"\n`);
      const inDotenv = () => load('tc-listener', LAST_LAYOUT, base);
      expect(refusal(inDotenv).message).toContain('BBB_PULSE_PASSWORD in .env: has blanks');
      for (const work of [inVariable, inJson, inDotenv])
        expect(refusal(work).message).not.toMatch(/hid.?den;/);
    },
  );

  it('may contain JSON of several lines if the setting is JSON', () => {
    const environment = {
      TASKCLUSTER_ROOT_URL: ROOT_URL,
      TASKCLUSTER_CERTIFICATE: '{\n\t"signature": "abc"\r\n}\n',
    };
    const { configuration } = load('reflector', LAST_LAYOUT, environment);
    expect(JSON.parse(configuration.taskcluster.certificate!)).toEqual({ signature: 'abc' });
  });

  it('are refused in another encoding', () => {
    expect(refusal(() => password(Buffer.from('h\xefdden', 'latin1'))).message).toContain('not UTF-8');
  });
});

it('refuses a .env in another encoding', () => {
  writeFileSync(`${folder.path}/.env`, Buffer.from('BBB_SELF_SERVE_USER=h\xefdden\n', 'latin1'));
  expect(refusal(() => load('reflector', LAST_LAYOUT)).message).toContain('.env: is not UTF-8');
});

describe('a warning', () => {
  const warningsWith = (json: object, environment: Environment = {}, service: ServiceName = 'reflector') =>
    load(service, { ...LAST_LAYOUT, ...json }, { TASKCLUSTER_ROOT_URL: ROOT_URL, ...environment }).warnings;

  it('is given for two worker ids in the file, one of which is ignored', () => {
    const bblistener = { ...LAST_LAYOUT.bblistener, tc_worker_id: 'other' };
    expect(warningsWith({ bblistener })).toContainEqual(
      expect.stringMatching(
        /^bblistener\.tc_worker_id in .*config\.json is ignored: tc_worker_id is set to another value$/,
      ),
    );
    const same = { ...bblistener, tc_worker_id: LAST_LAYOUT.tc_worker_id };
    expect(warningsWith({ bblistener: same }).join()).not.toContain('is ignored');
  });

  it('is given for a reclaim window that is not shorter than a claim', () => {
    const warnings = (reclaim_window: number) => warningsWith({ reflector: { reclaim_window } }).join();
    expect(warnings(1200)).toContain('reflector.reclaim_window is 1200 s');
    expect(warnings(1199)).not.toContain('reclaim_window');
  });

  it.each([
    [-60, /^taskcluster_queue_config\.credentials\.certificate \(TASKCLUSTER_CERTIFICATE\): .* expired at/],
    [3600, /the temporary credentials expire at .*; set new ones before$/],
  ])('is given for a certificate that expires in %d seconds', (seconds, warning) => {
    const certificate = JSON.stringify({ version: 1, expiry: Date.now() + seconds * 1000 });
    expect(warningsWith({}, { TASKCLUSTER_CERTIFICATE: certificate })).toContainEqual(
      expect.stringMatching(warning),
    );
  });

  it('is not given for a certificate that is valid for days', () => {
    const certificate = JSON.stringify({ version: 1, expiry: Date.now() + 3 * 86_400_000 });
    expect(warningsWith({}, { TASKCLUSTER_CERTIFICATE: certificate }).join()).not.toContain('credentials');
  });

  it.each(['nonsense', '"text"', '[]', '{"signature":'])(
    'is replaced by an error for the certificate %s',
    (text) => {
      const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL, TASKCLUSTER_CERTIFICATE: text };
      const { message } = refusal(() => load('reflector', LAST_LAYOUT, environment));
      expect(message).toContain(
        '(TASKCLUSTER_CERTIFICATE): must be the certificate of temporary credentials',
      );
    },
  );
});

it('takes an IPv6 address in brackets to listen on', () => {
  const json = { ...LAST_LAYOUT, reflector: { http_host: '[::1]' } };
  expect(load('reflector', json).configuration.http.host).toBe('::1');
});

it('names the source of a value', () => {
  const file = folder.write('config.json', LAST_LAYOUT);
  folder.write('.env', 'BBB_PULSE_HOST=pulse.example.com\n');
  const { configuration, sources } = loadConfiguration('reflector', {
    file,
    directory: folder.path,
    logLevel: 'debug',
    environment: { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_UNHEARD_OF: 'ignored' },
  });
  const paths = ['taskcluster.rootUrl', 'pulse.host', 'bridgeDb.url', 'pulse.vhost', 'log.level'];
  expect(paths.map((path) => describeSource(configuration, path).split(', set by ')[1])).toEqual([
    'TASKCLUSTER_ROOT_URL',
    'BBB_PULSE_HOST in .env',
    `bbb_db in ${file}`,
    'default',
    'command line',
  ]);
  expect(sources).toEqual([file, '.env', 'environment: TASKCLUSTER_ROOT_URL']);
});
