import type { ServiceName } from './configuration.js';
import {
  cronExpression,
  databaseUrl,
  flag,
  listAddress,
  listeningPort,
  oneOf,
  patterns,
  port,
  seconds,
  secondsOrNone,
  text,
  webAddress,
  whole,
} from './kinds.js';
import type { Settings } from './setting.js';

const ALL: readonly ServiceName[] = ['tc-listener', 'bb-listener', 'reflector'];
const LISTENERS: readonly ServiceName[] = ['tc-listener', 'bb-listener'];
const ASKS_FOR_PENDING: readonly ServiceName[] = ['tc-listener', 'reflector'];

const HEALTH_PORTS: Record<ServiceName, number> = {
  'tc-listener': 8081,
  'bb-listener': 8082,
  reflector: 8083,
};

const taskcluster: Settings['taskcluster'] = {
  rootUrl: {
    keys: ['taskcluster_queue_config.rootUrl'],
    variable: 'TASKCLUSTER_ROOT_URL',
    kind: webAddress,
    requiredBy: ALL,
    example: 'https://taskcluster.example.com',
    doc: 'Root URL of the Taskcluster deployment.',
  },
  clientId: {
    keys: ['taskcluster_queue_config.credentials.clientId'],
    variable: 'TASKCLUSTER_CLIENT_ID',
    kind: text,
    requiredBy: ALL,
    example: 'project/releng/buildbot-bridge',
    doc: 'Client of the bridge in Taskcluster.',
  },
  accessToken: {
    keys: ['taskcluster_queue_config.credentials.accessToken'],
    variable: 'TASKCLUSTER_ACCESS_TOKEN',
    kind: text,
    secret: true,
    requiredBy: ALL,
    doc: 'Access token of that client.',
  },
  certificate: {
    keys: ['taskcluster_queue_config.credentials.certificate'],
    variable: 'TASKCLUSTER_CERTIFICATE',
    kind: text,
    secret: true,
    doc: 'Certificate of temporary credentials, as JSON text.',
  },
  provisionerId: {
    keys: ['tclistener.provisioner_id'],
    kind: text,
    requiredBy: ASKS_FOR_PENDING,
    example: 'buildbot-bridge',
    doc: 'Provisioner id of the tasks that the bridge takes.',
  },
  workerType: {
    keys: ['tclistener.worker_type'],
    kind: text,
    requiredBy: ASKS_FOR_PENDING,
    example: 'buildbot-bridge',
    doc: 'Worker type of the tasks that the bridge takes.',
  },
  workerGroup: {
    keys: ['tc_worker_group', 'bblistener.tc_worker_group'],
    kind: text,
    requiredBy: ALL,
    example: 'buildbot-bridge',
    doc: 'Worker group under which the bridge claims tasks.',
  },
  workerId: {
    keys: ['tc_worker_id', 'bblistener.tc_worker_id'],
    kind: text,
    requiredBy: ALL,
    example: 'buildbot-bridge',
    doc: 'Worker id under which the bridge claims tasks.',
  },
  timeout: {
    keys: ['taskcluster_queue_config.timeout'],
    kind: seconds,
    default: 10,
    doc: 'Seconds per call to Taskcluster.',
  },
  retries: {
    keys: ['taskcluster_queue_config.retries'],
    kind: whole(0, 20),
    default: 2,
    doc: 'Further attempts at a call to Taskcluster that got no answer.',
  },
  maxConnections: {
    keys: ['taskcluster_queue_config.max_connections'],
    kind: whole(1, 1000),
    default: 20,
    doc: 'Connections to Taskcluster at the same time.',
  },
  runCredentials: {
    keys: ['taskcluster_queue_config.run_credentials'],
    kind: oneOf('temporary', 'permanent'),
    default: 'temporary',
    doc: "Report a run with its claim's own credentials (temporary) or with the bridge's (permanent).",
  },
  artifactStorage: {
    keys: ['taskcluster_queue_config.artifact_storage'],
    kind: oneOf('s3', 'object'),
    default: 's3',
    doc: 'Storage type of uploaded artifacts.',
  },
};

const schedulerDb: Settings['schedulerDb'] = {
  url: {
    keys: ['buildbot_scheduler_db'],
    kind: databaseUrl,
    secret: true,
    requiredBy: ALL,
    example: 'mysql://bridge:password@db.example.com/buildbot_schedulers',
    doc: "URL of Buildbot's scheduler database.",
  },
  poolSize: {
    keys: ['scheduler_db_pool'],
    kind: whole(1, 200),
    default: 5,
    doc: 'Connections to the scheduler database at most.',
  },
  connectTimeout: {
    keys: ['scheduler_db_connect_timeout'],
    kind: seconds,
    default: 10,
    doc: 'Seconds to wait for a connection to the scheduler database.',
  },
};

const bridgeDb: Settings['bridgeDb'] = {
  url: {
    keys: ['bbb_db'],
    kind: databaseUrl,
    secret: true,
    requiredBy: ALL,
    example: 'sqlite:///bbb.db',
    doc: "URL of the bridge's own database.",
  },
  poolSize: {
    keys: ['bbb_db_pool'],
    kind: whole(1, 200),
    default: 5,
    doc: "Connections to the bridge's database at most.",
  },
  connectTimeout: {
    keys: ['bbb_db_connect_timeout'],
    kind: seconds,
    default: 10,
    doc: "Seconds to wait for a connection to the bridge's database.",
  },
};

const pulse: Settings['pulse'] = {
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
  tlsVerify: {
    keys: ['pulse_ssl_verify'],
    kind: flag,
    default: true,
    doc: "Whether Pulse's certificate is verified; false only for tests.",
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
  reconnectMin: {
    keys: ['pulse_reconnect_min'],
    kind: seconds,
    default: 1,
    doc: 'Seconds before the first attempt to reconnect.',
  },
  reconnectMax: {
    keys: ['pulse_reconnect_max'],
    kind: seconds,
    default: 30,
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

const selfServe: Settings['selfServe'] = {
  url: {
    keys: ['selfserve_url', 'tclistener.selfserve_url'],
    kind: webAddress,
    requiredBy: ALL,
    example: 'https://secure.example.com/buildapi/self-serve',
    doc: 'URL of Self Serve.',
  },
  user: {
    keys: ['selfserve_user'],
    kind: text,
    default: 'buildbot-bridge',
    doc: 'Name under which the bridge asks Self Serve (X-Remote-User).',
  },
  timeout: {
    keys: ['selfserve_timeout'],
    kind: seconds,
    default: 30,
    doc: 'Seconds per call to Self Serve.',
  },
};

const builders: Settings['builders'] = {
  url: {
    keys: ['builders_url'],
    kind: listAddress,
    example: 'https://secure.example.com/builddata/reports/allthethings.json',
    defaultDoc: 'none: the names of builders are not checked',
    doc: 'The list of builders (allthethings.json): a URL or a file.',
  },
  refresh: {
    keys: ['builders_refresh'],
    kind: seconds,
    default: 300,
    doc: 'Seconds between two looks at the list.',
  },
  timeout: { keys: ['builders_timeout'], kind: seconds, default: 60, doc: 'Seconds per look at the list.' },
  restricted: {
    keys: ['restricted_builders'],
    kind: patterns,
    default: [],
    example: '["^release-.*$"]',
    doc: 'Builders that need a scope: regular expressions, anchored at the start.',
  },
  ignored: {
    keys: ['ignored_builders'],
    kind: patterns,
    default: [],
    example: '["^((?!alder).)*$"]',
    doc: 'Builders that this bridge leaves alone.',
  },
  allowed: {
    keys: ['allowed_builders'],
    kind: patterns,
    defaultDoc: 'none: every builder is allowed',
    example: '[".*"]',
    doc: 'If set, the only builders that may be used; an empty list allows none.',
  },
};

const reflector: Settings['reflector'] = {
  interval: {
    keys: ['reflector.interval'],
    kind: seconds,
    default: 60,
    doc: "Seconds from one of the reflector's passes to the next.",
  },
  cron: {
    keys: ['reflector.cron'],
    kind: cronExpression,
    example: '*/30 * * * * *',
    defaultDoc: 'none: the interval counts',
    doc: "When the reflector's passes begin, as a cron expression; takes the place of the interval.",
  },
  reclaimWindow: {
    keys: ['reflector.reclaim_window'],
    kind: seconds,
    default: 600,
    doc: 'Seconds before the end of a claim from which it is renewed.',
  },
  finishedGrace: {
    keys: ['reflector.finished_grace'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds after the end of a build from which the reflector resolves its task itself.',
  },
  missingGrace: {
    keys: ['reflector.missing_grace'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds that a build request must be gone from Buildbot before that is believed.',
  },
  orphanGrace: {
    keys: ['reflector.orphan_grace'],
    kind: secondsOrNone,
    default: 60,
    doc: 'Seconds after which an injection that was begun and not recorded is finished or undone.',
  },
  concurrency: {
    keys: ['reflector.concurrency'],
    kind: whole(1, 1000),
    default: 10,
    doc: 'Tasks handled at the same time.',
  },
  batch: { keys: ['reflector.batch'], kind: whole(1, 10_000), default: 200, doc: 'Rows per read.' },
};

const parking: Settings['parking'] = {
  firstDelay: {
    keys: ['parking.first_delay'],
    kind: seconds,
    default: 5,
    doc: 'Seconds until a message that could not be handled is tried again; doubles with each attempt.',
  },
  maxDelay: {
    keys: ['parking.max_delay'],
    kind: seconds,
    default: 300,
    doc: 'Seconds between two attempts at most.',
  },
  attempts: {
    keys: ['parking.attempts'],
    kind: whole(1, 100_000),
    default: 20,
    doc: 'Attempts before a message is put into quarantine.',
  },
  interval: {
    keys: ['parking.interval'],
    kind: seconds,
    default: 5,
    doc: 'Seconds between two looks at which messages are due.',
  },
};

/**
 * Every setting there is, in the shape of the configuration. The JSON keys without a section and those of the original
 * bridge are its interface; the documentation and `.env.example` are made from this table.
 */
export const SETTINGS: Settings = {
  taskcluster,
  schedulerDb,
  bridgeDb,
  pulse,
  selfServe,
  builders,
  results: {
    warnings: {
      keys: ['results.warnings'],
      kind: oneOf('failed', 'completed'),
      default: 'failed',
      doc: 'What a build with warnings makes of its task.',
    },
    exception: {
      keys: ['results.exception'],
      kind: oneOf('malformed-payload', 'internal-error'),
      default: 'malformed-payload',
      doc: 'Reason under which a build with an exception is reported.',
    },
  },
  artifacts: {
    logs: {
      keys: ['artifacts.logs'],
      kind: flag,
      default: true,
      doc: "Whether a reference to the build's log becomes an artifact.",
    },
  },
  reflector,
  parking,
  http: {
    host: {
      keys: ['<service>.http_host'],
      kind: text,
      default: '127.0.0.1',
      doc: 'Address on which health and metrics are served.',
    },
    port: {
      keys: ['<service>.http_port'],
      kind: listeningPort,
      default: ({ service }) => HEALTH_PORTS[service],
      defaultDoc: '8081 for tc-listener, 8082 for bb-listener, 8083 for reflector',
      doc: 'Port on which health and metrics are served.',
    },
  },
  shutdown: {
    grace: { keys: ['shutdown_grace'], kind: seconds, default: 25, doc: 'Seconds that a stop may last.' },
  },
  log: {
    file: {
      keys: ['<service>.logfile'],
      kind: text,
      example: 'reflector.log',
      defaultDoc: 'none: standard output',
      doc: 'File for the log; opened anew on SIGUSR2 and when it was moved away.',
    },
    level: {
      keys: ['log_level'],
      kind: oneOf('debug', 'info', 'warn', 'error'),
      default: 'info',
      doc: 'Least level that is logged.',
    },
  },
};
