import type {
  BuildEvent,
  Cause,
  Observation,
  RequestSnapshot,
  TaskDefinition,
  TaskStatus,
  TrackedTask,
} from '@bbb/rules';

/** A finished build's message adds what no database has. */
export interface FinishedEvent extends BuildEvent {
  kind: 'finished';
  results: number | null;
  /** Buildbot's build properties: name, value, source. */
  properties: readonly (readonly [string, unknown, string])[];
  logUrl: string | null;
}

export type TriggeringEvent = (BuildEvent & { kind: 'started' }) | FinishedEvent;

/**
 * Where the facts about the run come from:
 * fresh   - read for this decision, or the reply to our last act
 * batched - read a moment ago for many tasks at once
 */
export type Source = 'fresh' | 'batched';

/** What is in view while one task is being reconciled. */
export interface Situation extends Observation {
  taskId: string;
  source: Source;
  event?: TriggeringEvent;
  definition?: TaskDefinition;
  /** Why the verdict that is being carried out was reached; acts log it. */
  cause?: Cause;
}

/** What a trigger may bring along to save reads. */
export interface Given {
  row?: TrackedTask;
  status?: TaskStatus;
  /** With `source: 'batched'` an undefined status means that the queue does not know the task. */
  source?: Source;
  request?: RequestSnapshot;
  /** Buildbot could not be asked just now. */
  buildbotUnavailable?: boolean;
  /** So much is missing at once that no absence is believed; asked for when undefined. */
  absenceDoubted?: boolean;
  event?: TriggeringEvent;
  definition?: TaskDefinition;
}

/** What follows an act: nothing more, a decision on the changed situation, or a fresh look at everything. */
export type Next = { then: 'done' } | { then: 'decide'; situation: Situation } | { then: 'look-again' };

export const DONE: Next = { then: 'done' };
export const LOOK_AGAIN: Next = { then: 'look-again' };

/** Goes on with what an act has changed; a status that came as a reply is as fresh as can be. */
export function decideWith(situation: Situation, changes: Partial<Situation>): Next {
  const source = changes.status ? 'fresh' : situation.source;
  return { then: 'decide', situation: { ...situation, source, ...changes } };
}
