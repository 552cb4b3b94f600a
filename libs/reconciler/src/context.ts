import type { LoggerService } from '@nestjs/common';
import type {
  ArtifactPolicy,
  Buildbot,
  BuilderPolicy,
  Clock,
  DecisionSettings,
  ResultSettings,
  TaskQueue,
  TaskStore,
  Telemetry,
} from '@bbb/rules';
import type { Next, Situation } from './situation.js';

export interface ReconcilerSettings extends DecisionSettings {
  results: ResultSettings;
  policy: BuilderPolicy;
  /** Seconds after the end of a build for which its task waits for artifacts that cannot be stored. */
  artifactWait: number;
  /** What of a build is published; without it the defaults decide. */
  artifacts?: ArtifactPolicy;
  /** `<provisionerId>/<workerType>`; other queues' tasks are not the bridge's. */
  taskQueueId: string;
}

/** What acts work with. */
export interface ActContext {
  queue: TaskQueue;
  buildbot: Buildbot;
  store: TaskStore;
  clock: Clock;
  telemetry: Telemetry;
  settings: ReconcilerSettings;
  logger: Pick<LoggerService, 'log' | 'warn'>;
}

/** Carries out one verdict. Every step may be cut off before or after its effect; the next trigger finds a way on. */
export type Act = (situation: Situation, context: ActContext) => Promise<Next>;

/** A row that an act relies on; verdicts that need one are only reached with one. */
export function rowOf(situation: Situation): NonNullable<Situation['row']> {
  if (!situation.row) throw new TypeError('this act needs a tracked task');
  return situation.row;
}
