import type { Clock, JsonValue } from '@bbb/rules';
import type { SchedulerSchema } from '../buildbot/index.js';

/** What Self Serve's agent needs of a master: its stop button. */
export interface StoppableMaster {
  readonly name: string;
  /** @throws Error when the master does not answer */
  stopBuild(buildername: string, number: number): boolean;
}

/** One call as it came in, and how it was answered; null: never. */
export interface Call {
  /** Epoch seconds. */
  at: number;
  method: string;
  path: string;
  user: string | null;
  accept: string | null;
  status: number | null;
}

/** How one call goes wrong. */
export type Fault =
  /** Another answer, without effect. */
  | { kind: 'answer'; status: number; body?: string }
  /** Another answer, after the effect. */
  | { kind: 'effect-then'; status: number; body?: string }
  /** No answer and no effect; the connection stays open. */
  | { kind: 'hang' }
  /** The connection is cut after the effect. */
  | { kind: 'reply-lost' }
  /** Only half of the body arrives, as of a file that is being written. */
  | { kind: 'half' }
  /** 503 before the job is stored. */
  | { kind: 'job-not-stored' }
  /** 503 after the job is stored: the agent never hears of it. */
  | { kind: 'broker-down' };

export interface SelfServeOptions {
  /** The scheduler database, in SQLAlchemy's form. */
  databaseUrl: string;
  schema: SchedulerSchema;
  clock: Clock;
  masters: () => readonly StoppableMaster[];
  /** The branches that Self Serve knows. */
  branches: readonly string[];
  /** Served as /builddata/reports/allthethings.json. */
  builderList?: () => JsonValue;
  /** Seconds from the acceptance of a job to the agent's work on it; default 2. */
  agentDelay?: number;
  /** Seconds that Self Serve's replica of the database lags; default 0. */
  replicaLag?: number;
  firstJobId?: number;
  fault?: (call: Readonly<Omit<Call, 'status'>>) => Fault | undefined;
  /** Between the agent's look at an unclaimed request and its update, where a master may claim it. */
  beforeUpdate?: (brid: number) => Promise<void>;
  port?: number;
}
