import type { Cause } from '../decision/cause.js';

/** A decision that acted or changed something, as one line of the log tells it. Times are epoch seconds. */
export interface Decision {
  at: number;
  taskId: string;
  runId: number | null;
  buildRequestId: number | null;
  /** What was done: the text of the log line. */
  event: string;
  cause: Cause;
  /** Further fields of the log line, without secrets. */
  details: Readonly<Record<string, unknown>>;
  /** Seconds that the decision and its act took. */
  duration: number;
}

/** A decision of some instance, as it is kept. */
export interface JournalEntry {
  id: number;
  at: number;
  taskId: string;
  runId: number | null;
  buildRequestId: number | null;
  event: string;
  verdict: string;
  cause: string;
  /** States of the run and of the build request that led to the decision. */
  run: string;
  request: string;
  details: Readonly<Record<string, unknown>>;
  duration: number;
  service: string;
  /** The host and the process. */
  instance: string;
}

/**
 * Keeps what was decided, for people. Nothing depends on it: an entry that cannot be kept is lost, and nothing else is.
 */
export abstract class Journal {
  /** Notes a decision, to be written later together with others. Never throws. */
  abstract note(decision: Decision): void;
}
