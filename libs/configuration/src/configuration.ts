export type ServiceName = 'tc-listener' | 'bb-listener' | 'reflector';

export const SERVICE_NAMES = ['tc-listener', 'bb-listener', 'reflector'] as const satisfies ServiceName[];

export interface TaskclusterConfiguration {
  rootUrl: string;
  clientId: string;
  accessToken: string;
  /** Certificate of temporary credentials, as the JSON text that Taskcluster issues. */
  certificate?: string;
  provisionerId: string;
  workerType: string;
  workerGroup: string;
  workerId: string;
  /** Seconds per call. */
  timeout: number;
  /** Retries after the first attempt. */
  retries: number;
  /** Maximum seconds per call, all attempts included. */
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
  /** Whether to accept any certificate of the broker. */
  insecureSsl: boolean;
  vhost: string;
  user: string;
  password: string;
  queueBasename: string;
  /** Maximum unacknowledged messages (prefetch). */
  prefetch: number;
  /** Seconds. */
  heartbeat: number;
  /** Maximum seconds to open a connection. */
  connectTimeout: number;
  /** Seconds before the first attempt to reconnect. */
  reconnectMin: number;
  /** Maximum seconds between attempts to reconnect. */
  reconnectMax: number;
  /** For example `exchange/taskcluster-queue/v1`; the kind of message is appended. */
  taskclusterExchangeBasename: string;
  buildbotExchange: string;
}

/**
 * The kind of Buildbot: `legacy` is Buildbot 0.8 through its scheduler database and Self Serve, `modern` is Buildbot 3.7
 * or newer through REST.
 */
export type BuildbotKind = 'legacy' | 'modern';

/** Settings of modern Buildbot; legacy Buildbot uses only the kind. */
export interface BuildbotConfiguration {
  kind: BuildbotKind;
  /** Base URL of the master that creates build requests. */
  url: string;
  /** Further masters, each as `NAME=URL`. */
  masters: string[];
  user: string;
  password: string;
  /** Name of the scheduler in master.cfg that creates build requests. */
  scheduler: string;
  /** Whether that is the bridge's plugin or a stock ForceScheduler. */
  creation: 'plugin' | 'force';
  /** Maximum seconds for a call that changes something. */
  timeout: number;
  maxConnections: number;
  /** Maximum open build requests of a builder before the bridge creates no more; absent means no limit. */
  maxOpenPerBuilder?: number;
  /** Where bb-listener takes posts of masters; without a port it takes none. */
  pushHost: string;
  pushPort?: number;
  pushSecret?: string;
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
  /** Seconds between two reads of the list. */
  refresh: number;
  /** Maximum seconds to read the list. */
  timeout: number;
  /** Patterns with the semantics of Python's `re.match`: anchored at the start only. */
  restricted: string[];
  ignored: string[];
  /** Only builders that match may be used; absent means all. */
  allowed?: string[];
}

export interface ResultsConfiguration {
  /** How a build that ends with WARNINGS is reported. */
  warnings: 'failed' | 'completed';
  /** The reason with which a build that ends with EXCEPTION is reported. */
  exception: 'malformed-payload' | 'internal-error';
}

/** Which data of a build is published with its task. */
export interface ArtifactsConfiguration {
  /** Maximum seconds that a task waits for artifacts that cannot be stored yet. */
  wait: number;
  /** Regular expressions that match anywhere in a property's name, ignoring case; absent means the built-in ones. */
  withheldProperties?: string[];
  /** Whether values that look like credentials are withheld. */
  withholdSecrets: boolean;
  /** Maximum bytes of the failed step's log that are published; 0 for none. */
  stepLogBytes: number;
  /** Hosts to which a link to a log may lead; absent means the built-in rule. */
  logHosts?: string[];
}

export type Schedule = { cron: string } | { everySeconds: number };

export interface ReflectorConfiguration {
  schedule: Schedule;
  /** Seconds before the end of a claim at which the run is reclaimed. */
  reclaimWindow: number;
  /** Seconds for which the reflector leaves the start of a build, and its end in RETRY, to the build's message. */
  messageGrace: number;
  /** Seconds after the end of a build before the reflector resolves its task without the build's message. */
  finishedGrace: number;
  /** Seconds that a build request must be missing from Buildbot before it counts as gone. */
  missingGrace: number;
  /** Maximum tracked tasks that may be missing at once; when more are missing, no absence is believed. */
  missingLimit: number;
  /** Seconds after the end of a build from which its request counts as stuck if it is still claimed. */
  stuckGrace: number;
  /** Seconds that an open build request of the bridge may be without a row before it counts as an orphan. */
  orphanGrace: number;
  /** Seconds between two reads of the list of claimed runs. */
  claimedInterval: number;
  /** Maximum runs and build requests without a row that are handled in parallel. */
  concurrency: number;
  /** Maximum rows per read. */
  batch: number;
}

/** Retries of messages that could not be handled. */
export interface ParkingConfiguration {
  /** Seconds before the second attempt; doubles with each attempt. */
  firstDelay: number;
  /** Maximum seconds between two attempts. */
  maxDelay: number;
  /** Maximum attempts before a message is quarantined. */
  attempts: number;
  /** Seconds between checks for parked messages that are due. */
  interval: number;
  /** Seconds for which a message is reserved for the process that retries it. */
  reservation: number;
}

/** How much of the journal of decisions is kept. */
export interface JournalConfiguration {
  /** Days for which an entry is kept; 0: no journal. */
  days: number;
  /** Maximum entries. */
  rows: number;
}

/** Injection token of the {@link Configuration}. */
export const CONFIGURATION = Symbol('CONFIGURATION');

/**
 * The configuration of a service, computed once at start. All durations are seconds and may have fractions. Settings that
 * a service does not use may be empty strings.
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
  journal: JournalConfiguration;
  page: PageConfiguration;
  /** Health and metrics. */
  http: { host: string; port: number };
  /** Maximum seconds for a graceful shutdown. */
  shutdown: { grace: number };
  log: { file?: string; level: LogLevel };
  /** Where each value comes from, by the path of its setting, for example `BBB_PULSE_HOST in .env`; defaults have none. */
  origins: Readonly<Record<string, string>>;
}

/** The page for operators, which the reflector serves. */
export interface PageConfiguration {
  /** loopback: only where `http.host` is a loopback address; on: also on any other; off: nowhere. */
  access: 'loopback' | 'on' | 'off';
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
