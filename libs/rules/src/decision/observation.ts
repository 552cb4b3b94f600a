import type { RequestSnapshot } from '../ports/buildbot.js';
import type { TaskStatus } from '../ports/task-queue.js';
import type { TrackedTask } from '../ports/task-store.js';

/** A build event that triggered the decision. It adds to what the databases say; they win when it contradicts them. */
export interface BuildEvent {
  kind: 'started' | 'finished';
  buildNumber: number;
  /** Only for finished. */
  results?: number | null;
}

/** Seconds, except the worker. */
export interface DecisionSettings {
  worker: { workerGroup: string; workerId: string };
  reclaimWindow: number;
  /** For which the start of a build, and its end in RETRY, are left to the build's message; 0 where there are none. */
  messageGrace: number;
  /** For which a finished build is left to its end message; 0 where there are none. */
  finishedGrace: number;
  missingGrace: number;
  /** A build's end this long ago, with its request still claimed, makes the request stuck. */
  stuckGrace: number;
}

/** What was observed. Taskcluster's maximum of runs is 50 (its queue service, version 106). */
export interface Observation {
  row?: TrackedTask;
  status?: TaskStatus;
  /** Undefined when the row has no request, or Buildbot does not know it. */
  request?: RequestSnapshot;
  /** Buildbot was unavailable: an undefined request does not mean that the request is missing. */
  buildbotUnavailable?: boolean;
  event?: BuildEvent;
  /** So much is missing at once that no absence is believed. */
  absenceDoubted?: boolean;
  /** Other live requests are served by the running build; undefined when that was not read. */
  shared?: boolean;
  /** Seconds for which the caller has expected the message of {@link findExpectedMessage}; undefined: it waits for none. */
  expectedFor?: number;
  /** Seconds for which this process has seen the build finished; undefined: judged by the time that Buildbot gives. */
  finishedFor?: number | undefined;
  /** Whether this process can act on the run without claiming it again; undefined: yes. */
  isHeld?: boolean;
}
