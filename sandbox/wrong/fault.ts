import type { SelfServeOptions } from '../self-serve/index.js';
import type { Bridge } from './bridge.js';
import type { Sandbox } from '../sandbox.js';
import type { Databases } from '../fresh-databases.js';

/** What a fault can lay hands on. */
export interface Stage {
  sandbox: Sandbox;
  bridge: Bridge;
  databases: Databases;
  /** Set while Self Serve or the builder list answers wrongly. */
  selfServe: { fault: SelfServeOptions['fault'] };
}

/** The tasks of the play, by what is done with them. */
export type Part = 'goes on' | 'waits' | 'ends meanwhile' | 'cancelled meanwhile' | 'created meanwhile';

/** How both sides look in the end. */
export interface Ends {
  taskcluster: string;
  buildbot: string;
}

/** One way in which an outside system or a setting is wrong for a while. */
export interface WrongSystem {
  /** As `--wrong` takes it. */
  name: string;
  summary: string;
  /** Seconds by which the clocks of all outside systems are ahead of this machine's from the start. */
  clocksAhead?: number;
  /** Makes it wrong; returns what puts it right again, or what an operator does about it. */
  begin(stage: Stage): Promise<() => Promise<void>>;
  /** The health check that fails meanwhile, and its reason; no check where the bridge has nothing to say. */
  health?: readonly [check: string, reason: RegExp];
  /** A line of the log. */
  log?: RegExp;
  /** Whether the brake on mass absence is on meanwhile; then no build request is created. */
  isDoubted?: boolean;
  /** Masters and Self Serve do not work meanwhile: their database is not the one that the bridge sees. */
  stopsBuildbot?: boolean;
  /** Other ends than the usual ones. */
  ends?: Partial<Record<Part, Ends>>;
  /** Needs `--database-server` with this kind of server. */
  needs?: 'postgresql';
}
