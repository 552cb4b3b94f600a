import { connect } from 'node:net';

// Here and not in servers.ts: Jest loads its global set-up without the module mapping that tests have.

/**
 * The servers that tests talk to. Addresses come from the environment; the defaults suit a development machine.
 * `BBB_TEST_REQUIRE_SERVERS=1` makes a missing server a failure instead of leaving its tests out.
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

/** Looks once which servers are there, says what is left out, and fails where a missing server must not pass. */
export default async function globalSetup(): Promise<void> {
  const names = Object.keys(SERVERS) as ServerName[];
  const answers = await Promise.all(names.map((name) => answersAt(SERVERS[name].url)));
  process.env.BBB_TEST_REACHABLE = names.filter((_, index) => answers[index]).join(',');

  const missing = names.filter((_, index) => !answers[index]);
  if (missing.length === 0) return;
  const list = missing.map((name) => `${name} (${SERVERS[name].variable})`).join(', ');
  if (process.env.BBB_TEST_REQUIRE_SERVERS === '1')
    throw new Error(`These servers must be reachable and are not: ${list}`);
  process.stderr.write(`\nLeft out: the tests that need ${list}; no server answers there.\n\n`);
}

function answersAt(url: string): Promise<boolean> {
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
