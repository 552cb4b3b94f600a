export type ServiceName = 'tc-listener' | 'bb-listener' | 'reflector';

export const SERVICE_NAMES = ['tc-listener', 'bb-listener', 'reflector'] as const satisfies ServiceName[];

export interface TaskclusterConfiguration {
  rootUrl: string;
  clientId: string;
  accessToken: string;
  /** Of temporary credentials, as the JSON text that Taskcluster hands out. */
  certificate?: string;
  provisionerId: string;
  workerType: string;
  workerGroup: string;
  workerId: string;
  /** Seconds per call. */
  timeout: number;
  /** Further attempts after the first. */
  retries: number;
  /** Seconds per call with all its attempts. */
  callDeadline: number;
  maxConnections: number;
  /** Whether a claimed run is reported with the credentials of its claim or with the bridge's own. */
  runCredentials: 'temporary' | 'permanent';
  artifactStorage: 's3' | 'object';
}

export interface DatabaseConfiguration {
  /** In SQLAlchemy's form. */
  url: string;
  poolSize: number;
  /** Seconds. */
  connectTimeout: number;
  /** Seconds. */
  answerTimeout: number;
}

export interface SchedulerDbConfiguration extends DatabaseConfiguration {
  /** Seconds. */
  lockTimeout: number;
}

export interface PulseConfiguration {
  host: string;
  port: number;
  tls: boolean;
  /** The certificate is not verified. */
  insecureSsl: boolean;
  vhost: string;
  user: string;
  password: string;
  queueBasename: string;
  /** Messages that the broker hands out before an answer. */
  prefetch: number;
  /** Seconds. */
  heartbeat: number;
  /** Seconds until a connection must be open. */
  connectTimeout: number;
  /** Seconds before the first attempt to reconnect. */
  reconnectMin: number;
  /** Seconds between attempts at most. */
  reconnectMax: number;
  /** For example `exchange/taskcluster-queue/v1`; the kind of message is appended. */
  taskclusterExchangeBasename: string;
  buildbotExchange: string;
}

/**
 * What kind of Buildbot the bridge works with: `legacy` is Buildbot 0.8 by its scheduler database and Self Serve,
 * `modern` Buildbot 3.7 and newer by REST.
 */
export type BuildbotKind = 'legacy' | 'modern';

/** Modern Buildbot; of legacy only the kind counts. */
export interface BuildbotConfiguration {
  kind: BuildbotKind;
  /** Base URL of the master that creates build requests. */
  url: string;
  /** Further masters, each as `NAME=URL`. */
  masters: string[];
  user: string;
  password: string;
  /** Name of the bridge's scheduler in master.cfg. */
  scheduler: string;
  /** Seconds for a call that changes something. */
  timeout: number;
  maxConnections: number;
  /** Open build requests of a builder above which no more are created; absent means no limit. */
  maxOpenPerBuilder?: number;
}

export interface SelfServeConfiguration {
  url: string;
  /** Sent as X-Remote-User. */
  user: string;
  /** Seconds per call. */
  timeout: number;
  maxConnections: number;
}

export interface BuildersConfiguration {
  /** http(s) or file URL, or a path, of the list of builders; without it builder names are not checked. */
  url?: string;
  /** Seconds between two looks at the list. */
  refresh: number;
  /** Seconds per look. */
  timeout: number;
  /** Patterns with the semantics of Python's `re.match`: anchored at the start only. */
  restricted: string[];
  ignored: string[];
  /** Only builders that match are served; absent means all. */
  allowed?: string[];
}

export interface ResultsConfiguration {
  /** What WARNINGS are reported as. */
  warnings: 'failed' | 'completed';
  /** The reason under which EXCEPTION is reported. */
  exception: 'malformed-payload' | 'internal-error';
}

/** What of a build is published with its task. */
export interface ArtifactsConfiguration {
  /** Seconds that a task waits for artifacts that cannot be stored. */
  wait: number;
  /** Regular expressions, found anywhere in a property's name and in either case; absent means the built-in ones. */
  withheldProperties?: string[];
  /** Whether values that look like credentials are withheld. */
  withholdSecrets: boolean;
  /** Hosts that a log may be referred to on; absent means the built-in rule. */
  logHosts?: string[];
}

export type Schedule = { cron: string } | { everySeconds: number };

export interface ReflectorConfiguration {
  schedule: Schedule;
  /** Claims are prolonged this many seconds before their end. */
  reclaimWindow: number;
  /** Seconds that a finished build may wait for its own message before the reflector resolves it. */
  finishedGrace: number;
  /** Seconds that a build request may be missing from Buildbot before that is believed. */
  missingGrace: number;
  /** Tracked tasks that may be missing at once before no absence is believed. */
  missingLimit: number;
  /** Seconds after the end of a build from which its request, still claimed, counts as stuck. */
  stuckGrace: number;
  /** Seconds that an open build request of the bridge may be without a row before it is taken up again. */
  orphanGrace: number;
  /** Seconds between two looks at the list of claimed runs. */
  claimedInterval: number;
  /** Runs and build requests without a row that are taken up at the same time. */
  concurrency: number;
  /** Rows per read, whose tasks are handled at the same time. */
  batch: number;
}

/** Messages that could not be handled and are tried again later. */
export interface ParkingConfiguration {
  /** Seconds before the second attempt; doubles from then on. */
  firstDelay: number;
  /** Seconds between attempts at most. */
  maxDelay: number;
  /** Attempts before a message is quarantined. */
  attempts: number;
  /** Seconds between two looks at what is due. */
  interval: number;
  /** Seconds for which a message is left to the process that tries it. */
  reservation: number;
}

/** Injection token of the {@link Configuration}. */
export const CONFIGURATION = Symbol('CONFIGURATION');

/**
 * Everything that can be set, computed once, before anything else is made. All durations are seconds and may have
 * fractions. Settings that a service does not use may be empty strings in its configuration.
 */
export interface Configuration {
  service: ServiceName;
  taskcluster: TaskclusterConfiguration;
  buildbot: BuildbotConfiguration;
  /** Buildbot's scheduler database. */
  schedulerDb: SchedulerDbConfiguration;
  /** The bridge's own database. */
  bridgeDb: DatabaseConfiguration;
  pulse: PulseConfiguration;
  selfServe: SelfServeConfiguration;
  builders: BuildersConfiguration;
  results: ResultsConfiguration;
  artifacts: ArtifactsConfiguration;
  reflector: ReflectorConfiguration;
  parking: ParkingConfiguration;
  /** Health and metrics. */
  http: { host: string; port: number };
  /** Seconds that a stop may last. */
  shutdown: { grace: number };
  log: { file?: string; level: LogLevel };
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
