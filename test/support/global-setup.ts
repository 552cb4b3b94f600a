import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';

// Here and not in servers.ts: Jest loads its global set-up without the module mapping that tests have.

/**
 * The servers that tests talk to. Addresses come from the environment; the defaults suit a development machine.
 * `BBB_TEST_REQUIRE_SERVERS=1` makes a missing server or program a failure instead of leaving its tests out.
 */
export const SERVERS = {
  rabbitmq: {
    variable: 'BBB_TEST_AMQP_URL',
    url: process.env.BBB_TEST_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672',
  },
  mysql: {
    variable: 'BBB_TEST_MYSQL_URL',
    url: process.env.BBB_TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/mysql',
  },
  postgres: {
    variable: 'BBB_TEST_POSTGRES_URL',
    url: process.env.BBB_TEST_POSTGRES_URL ?? 'postgresql://root@127.0.0.1:5432/postgres',
  },
} as const;

export type ServerName = keyof typeof SERVERS;

/** What tests start for themselves, among it servers with settings that a shared one cannot be given. */
const PROGRAMS = {
  mariadb: {
    canStart: () => ['mariadbd', 'mariadb-install-db'].every(isInstalled),
    missing: 'mariadb of their own (mariadbd and mariadb-install-db are not here)',
  },
  postgres: {
    canStart: () => postgresPrograms() !== undefined && postgresAccount() !== undefined,
    missing: "postgres of their own (PostgreSQL's initdb and postgres are not here)",
  },
  rabbitmqctl: {
    canStart: hasRabbitmqctl,
    missing: 'rabbitmqctl (it is not here, or reaches no RabbitMQ)',
  },
  openssl: {
    canStart: () => isInstalled('openssl'),
    missing: 'openssl (it is not here)',
  },
  chromium: {
    canStart: () => isInstalled('chromium'),
    missing: 'chromium (it is not here)',
  },
  prometheus: {
    canStart: () => isInstalled('prometheus'),
    missing: 'prometheus (it is not here)',
  },
  puppet: {
    canStart: () => ['puppet', 'supervisord', 'supervisorctl', 'logrotate'].every(isInstalled),
    missing: 'puppet (puppet, supervisord or logrotate is not here)',
  },
  buildbot: {
    canStart: hasBuildbot,
    missing: 'a real Buildbot (buildbot and buildbot-worker are not here)',
  },
  buildbotOnPostgres: {
    canStart: () => hasBuildbot() && buildbotCanImport('psycopg2'),
    missing: 'a real Buildbot on PostgreSQL (buildbot, or psycopg2 for its Python, is not here)',
  },
  buildbotOnMysql: {
    canStart: () => hasBuildbot() && buildbotCanImport('MySQLdb'),
    missing: 'a real Buildbot on MariaDB (buildbot, or MySQLdb for its Python, is not here)',
  },
};

export type ProgramName = keyof typeof PROGRAMS;

/** Looks once what is there, says what is left out, and fails where nothing may be left out. */
export default async function globalSetup(): Promise<void> {
  const names = Object.keys(SERVERS) as ServerName[];
  const answers = await Promise.all(names.map((name) => isAnsweredAt(SERVERS[name].url)));
  process.env.BBB_TEST_REACHABLE = names.filter((_, index) => answers[index]).join(',');

  const programs = Object.keys(PROGRAMS) as ProgramName[];
  const startable = programs.filter((name) => PROGRAMS[name].canStart());
  process.env.BBB_TEST_STARTABLE = startable.join(',');

  const missing = [
    ...names
      .filter((_, index) => !answers[index])
      .map((name) => `${name} (${SERVERS[name].variable}; no server answers there)`),
    ...programs.filter((name) => !startable.includes(name)).map((name) => PROGRAMS[name].missing),
  ];
  if (missing.length === 0) return;
  const list = missing.join(', ');
  if (process.env.BBB_TEST_REQUIRE_SERVERS === '1')
    throw new Error(`The tests need what is not there: ${list}`);
  process.stderr.write(`\nSkipped: the tests that need ${list}.\n\n`);
}

function isAnsweredAt(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 2000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

function isInstalled(program: string): boolean {
  return findProgram(program) !== undefined;
}

/** The path of a program in PATH. */
export function findProgram(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}

function hasBuildbot(): boolean {
  return ['buildbot', 'buildbot-worker'].every(isInstalled);
}

/** Whether the Python that runs Buildbot, which may be another than the first in PATH, has a module. */
function buildbotCanImport(module: string): boolean {
  const [, python] = /^#!\s*(\S+)/.exec(readFileSync(findProgram('buildbot')!, 'utf8')) ?? [];
  return python !== undefined && spawnSync(python, ['-c', `import ${module}`]).status === 0;
}

/** Debian's Buildbot has no front end; without a front end, a master with a web port does not start. */
export function buildbotHasFrontEnd(): boolean {
  return buildbotCanImport('buildbot_www');
}

let administrable: boolean | undefined;

/** Whether this machine can administer its RabbitMQ; asked once, for it takes most of a second. */
export function hasRabbitmqctl(): boolean {
  return (administrable ??= spawnSync('rabbitmqctl', ['-q', 'ping']).status === 0);
}

/** Where distributions put PostgreSQL's programs, a folder for each version. */
const INSTALLED = '/usr/lib/postgresql';

/** The folder of the newest version's programs. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  return readdirSync(INSTALLED)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(INSTALLED, version, 'bin'))
    .find((folder) => ['postgres', 'initdb'].every((name) => existsSync(join(folder, name))));
}

/** Who is to run PostgreSQL, which refuses to be root: one's own account, or its own; undefined where there is none. */
export function postgresAccount(): { uid: number; gid: number } | undefined {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }).toString());
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
