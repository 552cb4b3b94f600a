import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from '@jest/globals';
import { createDataSource } from '@bbb/bridge-db';
import { loadConfiguration } from '@bbb/configuration';
import { SchedulerDb } from '@bbb/scheduler-db';
import { openStrict, parseDatabaseUrl, translateErrors } from '@bbb/sql';
import { LAST_LAYOUT, ROOT_URL } from '../libs/configuration/src/testing/layouts.js';
import { Folder } from '../libs/platform/src/testing/folder.js';
import { type Certificates, makeCertificates } from './support/certificates.js';
import { OwnMariadb } from './support/own-mariadb.js';
import { OwnPostgres } from './support/own-postgres.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { canStart, describeEach } from './support/servers.js';
import { useUndo } from './support/undo.js';

const LIMITS = { poolSize: 1, connectTimeout: 5 };

const KINDS = ['mariadb', 'postgres'] as const;

const isPossible = (kind: (typeof KINDS)[number]) => canStart(kind) && canStart('openssl');

const ENCRYPTED = {
  mariadb: "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
  postgres: 'SELECT version AS "Value" FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl',
};

/** A server that speaks TLS, with a certificate for `localhost` of an authority that nobody knows; without: it does not. */
function start(kind: (typeof KINDS)[number], tls?: Certificates): Promise<OwnMariadb | OwnPostgres> {
  if (kind === 'postgres') return OwnPostgres.start(tls);
  return OwnMariadb.start(...(tls ? [`--ssl-key=${tls.key}`, `--ssl-cert=${tls.cert}`] : ['--skip-ssl']));
}

/** Of a start with such a database. */
function warningsWith(address: string): string[] {
  const folder = new Folder();
  try {
    const file = folder.write('config.json', { ...LAST_LAYOUT, bbb_db: address });
    return loadConfiguration('reflector', { file, environment: { TASKCLUSTER_ROOT_URL: ROOT_URL } }).warnings;
  } finally {
    folder.remove();
  }
}

it.each([
  '',
  '?ssl=false',
  '?ssl=true',
  '?sslmode=verify-ca',
  '?ssl_insecure=Yes',
  '?ssl_insecure=require',
  '?ssl_insecure=0&ssl=1',
  '?ssl=true&ssl%5Finsecure=tru%65',
  '?ssl_insecure=false&ssl_insecure=true',
  '?ssl_ca=/ca.pem',
  '?charset=utf8#?ssl=true',
])('a start tells of a database with "%s" what the driver is told', (query) => {
  const address = `postgresql+psycopg2://u:p@db.example.com/b${query}`;
  const { tls, insecureTls } = parseDatabaseUrl(address) as { tls: boolean; insecureTls: boolean };
  const told = warningsWith(address).filter((warning) => warning.startsWith('INSECURE'));
  const expected = insecureTls ? [/not verified.*bbb_db/] : tls ? [] : [/not encrypted .bbb_db/];
  expect(told).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

describeEach(KINDS, isPossible)('TLS to %s', (kind) => {
  const database = kind === 'mariadb' ? 'mysql' : 'postgres';
  const undo = useUndo();
  let certificates: Certificates;
  let other: Certificates;
  let server: OwnMariadb | OwnPostgres;

  beforeAll(async () => {
    certificates = await makeCertificates(await undo.makeFolder());
    other = await makeCertificates(await undo.makeFolder(), 'elsewhere.example.com');
    server = await start(kind, certificates);
    undo.push(() => server.stop());
  }, 120_000);

  const url = (query: string, { host = 'localhost', of = server } = {}) =>
    `${of.url(database).replace(/@[^:]+/, `@${host}`)}${query}`;

  /** The encryption of a connection, as the server tells it; nothing for one in plain text. */
  async function connectTo(address: string): Promise<unknown> {
    const source = await translateErrors('database', () =>
      openStrict(createDataSource({ url: address, ...LIMITS })),
    );
    try {
      const [row] = await source.query<{ Value: string }[]>(ENCRYPTED[kind]);
      return row?.Value ?? '';
    } finally {
      await source.destroy();
    }
  }

  it('is there when it is asked for, and only then', async () => {
    expect(await connectTo(url(''))).toBe('');
    expect(await connectTo(url('?ssl=false'))).toBe('');
    expect(await connectTo(url(`?ssl=true&ssl_ca=${certificates.ca}`))).toMatch(/TLS|AES/);
  });

  it.each(['ssl_ca', 'sslrootcert'])(
    'accepts a certificate of the authority that %s names',
    async (option) => {
      expect(await connectTo(url(`?${option}=${encodeURIComponent(certificates.ca)}`))).toMatch(/TLS|AES/);
    },
  );

  it('reaches the scheduler database too', async () => {
    const problemOf = async (query: string) => {
      const db = new SchedulerDb({ url: url(query), ...LIMITS });
      return db.findProblem().finally(() => db.close());
    };
    expect(await problemOf(`?ssl_ca=${certificates.ca}`)).toMatch(/not a scheduler database/);
    expect(await problemOf('?ssl=true')).toMatch(/certificate/);
  });

  it.each([
    ['an authority that nobody knows', () => '?ssl=true'],
    ['another authority than the one that is named', () => `?ssl_ca=${other.ca}`],
  ])('refuses a certificate of %s, and says so', async (_what, query) => {
    await expect(connectTo(url(query()))).rejects.toMatchObject({
      name: 'Unavailable',
      message: expect.stringMatching(/certificate of the server is not trusted.*ssl_ca/),
    });
  });

  it('refuses a certificate for another name, and says so', async () => {
    const elsewhere = await start(kind, other);
    undo.push(() => elsewhere.stop());
    await expect(connectTo(url(`?ssl_ca=${other.ca}`, { of: elsewhere }))).rejects.toMatchObject({
      name: 'Unavailable',
      message: expect.stringMatching(/certificate of the server is not for the host in its URL/),
    });
  });

  it('refuses a certificate for a name at an address in numbers', async () => {
    await expect(connectTo(url(`?ssl_ca=${certificates.ca}`, { host: '127.0.0.1' }))).rejects.toThrow(
      /needs a name for the host|not for the host/,
    );
  });

  it('refuses a server that does not encrypt', async () => {
    const plain = await start(kind);
    try {
      await expect(connectTo(url('?ssl=true', { of: plain }))).rejects.toMatchObject({
        name: 'Unavailable',
        message: expect.stringMatching(/does not encrypt/),
      });
      await expect(connectTo(url('?ssl_insecure=true', { of: plain }))).rejects.toThrow(/does not encrypt/);
    } finally {
      await plain.stop();
    }
  });

  it('takes any certificate when told so with a name that says it, and that is logged', async () => {
    const insecure = url('?ssl=true&ssl_insecure=true', { host: '127.0.0.1' });
    expect(await connectTo(insecure)).toMatch(/TLS|AES/);
    const warnings = warningsWith(insecure);
    expect(warnings).toContainEqual(expect.stringMatching(/^INSECURE: the certificate .*bbb_db/));
  });

  it(
    'is the same for a command, which also trusts the authorities of NODE_EXTRA_CA_CERTS',
    async () => {
      const bin = join(await compileProject(), 'bin', 'buildbot-bridge.js');
      const migrations = (environment: Record<string, string>) =>
        promisify(execFile)(process.execPath, [bin, 'migrate', '--show'], {
          env: { BBB_BRIDGE_DB_URL: url('?ssl=true'), ...environment },
        });
      await expect(migrations({})).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/not trusted/),
      });
      expect(await migrations({ NODE_EXTRA_CA_CERTS: certificates.ca })).toEqual({
        stdout: expect.stringMatching(/^\[ \] /),
        stderr: '',
      });
      expect(await migrations({ BBB_BRIDGE_DB_URL: url('?ssl_insecure=true') })).toEqual({
        stdout: expect.stringMatching(/^\[ \] /),
        stderr: expect.stringMatching(/^INSECURE: .*bbb_db.*\n$/),
      });
    },
    COMPILATION_LIMIT,
  );
});
