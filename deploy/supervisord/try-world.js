// What try.sh needs besides supervisord: node try-world.js HOME AMQP_URL
// Makes an empty scheduler database and a configuration in HOME, and answers in the place of Taskcluster and Self
// Serve until it is ended. The exchanges that it names do not exist, so no queue is ever made at the broker.
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [home, amqpUrl] = process.argv.slice(2);
const SCHEMA = new URL('../../test/fixtures/ddl/scheduler-db-v6-buildbot-0.8.2.sqlite.sql', import.meta.url);

const Database = createRequire(join(home, 'node_modules', 'buildbot-bridge', 'package.json'))('libsql');
const scheduler = new Database(join(home, 'state.sqlite'));
scheduler.exec(readFileSync(SCHEMA, 'utf8'));
scheduler.close();

const outside = await listening(
  createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"tasks":[],"statuses":[]}');
  }),
);
const ports = await freePorts(3);
const broker = new URL(amqpUrl);
const unique = `bbb-try-${randomBytes(6).toString('hex')}`;

const configuration = {
  taskcluster_queue_config: {
    rootUrl: `http://127.0.0.1:${outside.address().port}`,
    credentials: { clientId: 'try', accessToken: 'try' },
  },
  buildbot_scheduler_db: 'sqlite:///state.sqlite',
  bbb_db: 'sqlite:///bbb.db',
  pulse_host: broker.hostname,
  pulse_port: Number(broker.port || (broker.protocol === 'amqps:' ? 5671 : 5672)),
  pulse_ssl: broker.protocol === 'amqps:',
  pulse_vhost: decodeURIComponent(broker.pathname.slice(1)) || '/',
  pulse_user: decodeURIComponent(broker.username),
  pulse_password: decodeURIComponent(broker.password),
  pulse_queue_basename: `queue/${unique}`,
  selfserve_url: `http://127.0.0.1:${outside.address().port}/self-serve`,
  tc_worker_group: 'try',
  tc_worker_id: 'try',
  tclistener: {
    pulse_exchange_basename: `exchange/${unique}/v1`,
    provisioner_id: 'try',
    worker_type: 'try',
    logfile: 'tclistener.log',
    http_port: ports[0],
  },
  bblistener: {
    pulse_exchange: `exchange/${unique}/build`,
    logfile: 'bblistener.log',
    http_port: ports[1],
  },
  reflector: { interval: 60, logfile: 'reflector.log', http_port: ports[2] },
};
writeFileSync(join(home, 'config.json.new'), JSON.stringify(configuration, null, 2), { mode: 0o600 });
renameSync(join(home, 'config.json.new'), join(home, 'config.json'));

/** A server on a free port. */
function listening(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Ports that were free a moment ago. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(createServer())));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}
