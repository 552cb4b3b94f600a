/** How a modern Buildbot (3.7 and newer) is reached. Durations are seconds. */
export interface BuildbotMastersOptions {
  /** Base URL of the master that creates build requests, for example `https://buildbot.example.com/`. */
  url: string;
  /** Base URLs of further masters by their name in Buildbot (`host:directory`); cancellations go to the claiming one. */
  masters: Readonly<Record<string, string>>;
  user: string;
  password: string;
  /** Name of the bridge's scheduler in master.cfg. */
  scheduler: string;
  /** For a call that changes something. Reads have 20 seconds, or this where it is less. */
  timeout: number;
  /** Calls to a master at the same time. */
  maxConnections: number;
  /** Open build requests of one builder above which no more are created; undefined for no limit. */
  maxOpenPerBuilder?: number | undefined;
  /** For which a withdrawal that another process may still be carrying out keeps its key from being created. Default 60. */
  withdrawalGrace?: number;
  /** Between two looks at an unlisted builder before it is believed to be unknown. Default 10. */
  unknownGrace?: number;
}

/** The system's name in errors. */
export const SYSTEM = 'buildbot';
