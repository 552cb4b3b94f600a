import type {
  BuildEvent,
  Cause,
  Observation,
  RequestSnapshot,
  TaskDefinition,
  TaskStatus,
  TrackedTask,
} from '@bbb/rules';

/** The end message of a build, with data that is not in any database. */
export interface FinishedEvent extends BuildEvent {
  kind: 'finished';
  results: number | null;
  /** Buildbot's build properties: name, value, source. */
  properties: readonly (readonly [string, unknown, string])[];
  logUrl: string | null;
}

export type TriggeringEvent = (BuildEvent & { kind: 'started' }) | FinishedEvent;

/**
 * Source of the facts about the run:
 * fresh   - read for this decision, or returned by the last act
 * batched - read a moment ago for many tasks together
 */
export type Source = 'fresh' | 'batched';

/** All facts about a task while it is reconciled. */
export interface Situation extends Observation {
  taskId: string;
  source: Source;
  event?: TriggeringEvent;
  definition?: TaskDefinition;
  /** Why the current verdict was reached. */
  cause?: Cause;
  /** When it was reached by this machine's clock, in epoch seconds. */
  decidedAt?: number;
}

/** Facts that the caller has already read, to save reads. */
export interface Given {
  /** Null: there is none. */
  row?: TrackedTask | null;
  status?: TaskStatus;
  /** With `source: 'batched'` an undefined status means that the queue does not know the task. */
  source?: Source;
  request?: RequestSnapshot;
  /** Buildbot is unavailable. */
  buildbotUnavailable?: boolean;
  /** So much is missing at once that no absence is believed; read when it matters and is undefined. */
  absenceDoubted?: boolean;
  event?: TriggeringEvent;
  definition?: TaskDefinition;
  /** Seconds for which the caller has expected a message about the task; undefined: it waits for none. */
  expectedFor?: number;
}

/** What follows an act: nothing, a decision on the changed situation, or a new observation. */
export type Next = { then: 'done' } | { then: 'decide'; situation: Situation } | { then: 'observe-again' };

export const DONE: Next = { then: 'done' };
export const OBSERVE_AGAIN: Next = { then: 'observe-again' };

/** Decides again with the changes of an act; a status that the act returned counts as fresh. */
export function decideWith(situation: Situation, changes: Partial<Situation>): Next {
  const source = changes.status ? 'fresh' : situation.source;
  return { then: 'decide', situation: { ...situation, source, ...changes } };
}
