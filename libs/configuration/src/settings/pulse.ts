import { flag, port, seconds, text, createWholeNumber } from '../kinds.js';
import type { Settings } from '../setting.js';
import { PULSE_USERS } from './services.js';

// How the listeners connect to Pulse, and which exchanges they consume.

export const pulse: Settings['pulse'] = {
  host: {
    keys: ['pulse_host'],
    kind: text,
    default: 'pulse.mozilla.org',
    doc: 'Host name of the Pulse broker.',
  },
  port: {
    keys: ['pulse_port'],
    kind: port,
    default: ({ tls }) => (tls ? 5671 : 5672),
    defaultDoc: '5671, or 5672 where pulse_ssl is false',
    doc: 'Port of the Pulse broker.',
  },
  tls: {
    keys: ['pulse_ssl'],
    kind: flag,
    default: true,
    doc: 'Whether to use TLS for the connection to Pulse.',
  },
  insecureSsl: {
    keys: ['pulse_insecure_ssl'],
    kind: flag,
    default: false,
    doc: 'Whether to accept any TLS certificate of Pulse. Only for tests; every start logs a warning.',
  },
  vhost: { keys: ['pulse_vhost'], kind: text, default: '/', doc: 'Virtual host on the Pulse broker.' },
  user: {
    keys: ['pulse_user'],
    kind: text,
    requiredBy: PULSE_USERS,
    example: 'bridge',
    doc: 'User name for Pulse.',
  },
  password: {
    keys: ['pulse_password'],
    kind: text,
    secret: true,
    requiredBy: PULSE_USERS,
    doc: 'Password of the Pulse user.',
  },
  queueBasename: {
    keys: ['pulse_queue_basename'],
    kind: text,
    requiredBy: PULSE_USERS,
    example: 'queue/bridge',
    doc: 'Prefix of the queue names: queue/USER with the Pulse user, or queue/USER/NAME when several bridges share a user.',
  },
  prefetch: {
    keys: ['pulse_prefetch'],
    kind: createWholeNumber(1, 65_535),
    default: 100,
    doc: 'Maximum messages that Pulse delivers before one is acknowledged (prefetch).',
  },
  heartbeat: {
    keys: ['pulse_heartbeat'],
    kind: createWholeNumber(0, 65_535),
    default: 30,
    doc: 'Seconds between heartbeats on the connection to Pulse; 0 for none.',
  },
  connectTimeout: {
    keys: ['pulse_connect_timeout'],
    kind: seconds,
    default: 30,
    doc: 'Maximum seconds to wait for a connection to Pulse.',
  },
  reconnectMin: {
    keys: ['pulse_reconnect_min'],
    kind: seconds,
    default: 1,
    doc: 'Seconds before the first attempt to reconnect to Pulse.',
  },
  reconnectMax: {
    keys: ['pulse_reconnect_max'],
    kind: seconds,
    default: 15,
    doc: 'Maximum seconds between two attempts to reconnect to Pulse.',
  },
  taskclusterExchangeBasename: {
    keys: ['tclistener.pulse_exchange_basename'],
    kind: text,
    default: 'exchange/taskcluster-queue/v1',
    doc: "Prefix of the names of Taskcluster's exchanges.",
  },
  buildbotExchange: {
    keys: ['bblistener.pulse_exchange'],
    kind: text,
    default: 'exchange/build',
    doc: "Exchange of Buildbot's build events.",
  },
};
