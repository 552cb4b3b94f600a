import { flag, port, seconds, text, whole } from '../kinds.js';
import type { Settings } from '../setting.js';
import { LISTENERS } from './services.js';

// How the listeners reach Pulse, and what they hear there.

export const pulse: Settings['pulse'] = {
  host: { keys: ['pulse_host'], kind: text, default: 'pulse.mozilla.org', doc: 'Host of Pulse.' },
  port: {
    keys: ['pulse_port'],
    kind: port,
    default: ({ tls }) => (tls ? 5671 : 5672),
    defaultDoc: '5671, or 5672 where pulse_ssl is false',
    doc: 'Port of Pulse.',
  },
  tls: {
    keys: ['pulse_ssl'],
    kind: flag,
    default: true,
    doc: 'Whether the connection to Pulse is encrypted.',
  },
  insecureSsl: {
    keys: ['pulse_insecure_ssl'],
    kind: flag,
    default: false,
    doc: "Whether any certificate is taken for Pulse's: only for tests, and told at every start.",
  },
  vhost: { keys: ['pulse_vhost'], kind: text, default: '/', doc: 'Virtual host of Pulse.' },
  user: { keys: ['pulse_user'], kind: text, requiredBy: LISTENERS, example: 'bridge', doc: 'Pulse user.' },
  password: {
    keys: ['pulse_password'],
    kind: text,
    secret: true,
    requiredBy: LISTENERS,
    doc: 'Password of the Pulse user.',
  },
  queueBasename: {
    keys: ['pulse_queue_basename'],
    kind: text,
    requiredBy: LISTENERS,
    example: 'queue/bridge',
    doc: "Beginning of the queues' names: queue/<Pulse user>, with a further part where several bridges share a user.",
  },
  prefetch: {
    keys: ['pulse_prefetch'],
    kind: whole(1, 65_535),
    default: 100,
    doc: 'Messages that Pulse hands out before the first is answered.',
  },
  heartbeat: {
    keys: ['pulse_heartbeat'],
    kind: whole(0, 65_535),
    default: 30,
    doc: 'Seconds between heartbeats on the connection; 0 for none.',
  },
  connectTimeout: {
    keys: ['pulse_connect_timeout'],
    kind: seconds,
    default: 30,
    doc: 'Seconds to wait for a connection to Pulse.',
  },
  reconnectMin: {
    keys: ['pulse_reconnect_min'],
    kind: seconds,
    default: 1,
    doc: 'Seconds before the first attempt to reconnect.',
  },
  reconnectMax: {
    keys: ['pulse_reconnect_max'],
    kind: seconds,
    default: 15,
    doc: 'Seconds between attempts to reconnect at most.',
  },
  taskclusterExchangeBasename: {
    keys: ['tclistener.pulse_exchange_basename'],
    kind: text,
    default: 'exchange/taskcluster-queue/v1',
    doc: "Beginning of the names of Taskcluster's exchanges.",
  },
  buildbotExchange: {
    keys: ['bblistener.pulse_exchange'],
    kind: text,
    default: 'exchange/build',
    doc: "Exchange of Buildbot's build events.",
  },
};
