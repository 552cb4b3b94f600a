import type { Clock } from '@bbb/rules';
import type { PipelineSettings, Publish } from './pipeline.js';
import type { BuilderSetting, BuildPlan, PlannedRequest } from './plan.js';
import type { SchedulerSchema } from './scheduler/schema.js';

export interface MasterOptions {
  /** The scheduler database, in SQLAlchemy's form. */
  databaseUrl: string;
  schema: SchedulerSchema;
  /** `<hostname>:<basedir>`, as claims and messages name the master. */
  name: string;
  /** `pid<pid>-boot<epoch>`; a restart makes a new one. */
  incarnation?: string;
  builders: readonly BuilderSetting[];
  clock: Clock;
  publish: Publish;
  exchange?: string;
  /** What becomes of each build; default: a success at once. */
  plan?: (request: PlannedRequest) => BuildPlan;
  /** Seconds between looks at the database for requests that others wrote; default 60, as at Mozilla. */
  pollInterval?: number;
  /** Seconds after which a claim that its master does not reclaim is nobody's any more; default an hour. */
  claimLifetime?: number;
  /** Seconds between a build that ended in RETRY and the request's next build. */
  retryPause?: number;
  /** A stopped build ends with 6 on Mozilla's fork, 2 on stock 0.8.2, 4 on stock 0.8.4 and later. */
  cancelledResult?: 2 | 4 | 6;
  pipeline?: Partial<PipelineSettings>;
  /** Where uploaded logs lie. */
  logBase?: string;
  /** The id before the first one that postrun gets from the status database. */
  firstStatusdbId?: number;
  seed?: number;
}
