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
import type { Pauses } from './pauses.js';
import type { IgnoredBuilders } from './acts/ignored-builders.js';
import type { Next, Situation } from './situation.js';

export interface ReconcilerSettings extends DecisionSettings {
  results: ResultSettings;
  policy: BuilderPolicy;
  /** Seconds after the end of a build for which its task waits for artifacts that cannot be stored. */
  artifactWait: number;
  /** Decides which artifacts are published; the default policy when undefined. */
  artifacts?: ArtifactPolicy;
  /** `<provisionerId>/<workerType>`; tasks of other queues are not the bridge's. */
  taskQueueId: string;
}

/** The systems and settings that acts use. */
export interface ActContext {
  queue: TaskQueue;
  buildbot: Buildbot;
  store: TaskStore;
  clock: Clock;
  telemetry: Telemetry;
  settings: ReconcilerSettings;
  logger: Pick<LoggerService, 'log' | 'warn'>;
  /** Builders for which no build requests are created now. */
  pauses: Pick<Pauses, 'find'>;
  decided: Decided;
  ignored: IgnoredBuilders;
}

/**
 * Logs what an act has done, as one line with its cause and duration, and notes it in the journal. Each act calls it
 * once, after its effect.
 *
 * @param event constant text of the line
 * @param details further fields, without secrets
 */
export type Decided = (
  situation: Situation,
  event: string,
  details?: Readonly<Record<string, unknown>>,
  level?: 'log' | 'warn',
) => void;

/** Carries out one verdict. It may be interrupted at any point; the next reconciliation continues from there. */
export type Act = (situation: Situation, context: ActContext) => Promise<Next>;

/** The row of an act whose verdict is only reached with a row. */
export function requireRow(situation: Situation): NonNullable<Situation['row']> {
  if (!situation.row) throw new TypeError('this act needs a tracked task');
  return situation.row;
}
