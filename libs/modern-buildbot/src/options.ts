/** Connection settings of a modern Buildbot (3.7 and newer). Durations are in seconds. */
export interface BuildbotMastersOptions {
  /** Base URL of the master that creates build requests, for example `https://buildbot.example.com/`. */
  url: string;
  /** Base URLs of further masters by their name in Buildbot (`host:directory`); cancellations go to the claiming one. */
  masters: Readonly<Record<string, string>>;
  user: string;
  password: string;
  /** Name of the bridge's scheduler in master.cfg. */
  scheduler: string;
  /** Whether that is the bridge's plugin or a stock ForceScheduler. Default `plugin`. */
  creation?: 'plugin' | 'force';
  /** Timeout of a call that changes something. Reads have 20 seconds, or this if it is less. */
  timeout: number;
  /** Maximum concurrent calls to a master. */
  maxConnections: number;
  /** Maximum open build requests of one builder; undefined for no limit. */
  maxOpenPerBuilder?: number | undefined;
  /** Maximum bytes of the log of a failed step that are read; 0, the default, to read none. */
  stepLogBytes?: number;
  /** Maximum time of a withdrawal in another process, during which its key is not created. Default 60. */
  withdrawalGrace?: number;
  /** Minimum time for which a builder must be missing before it counts as unknown. Default 10. */
  unknownGrace?: number;
}

/** The system's name in errors. */
export const SYSTEM = 'buildbot';
