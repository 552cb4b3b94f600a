import type { JsonValue } from '@bbb/rules';
import type { LoadedRequest } from './scheduler/requests.js';

/** SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED. */
export type BuildResult = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A builder as its master's configuration describes it. */
export interface BuilderSetting {
  name: string;
  /** The basename of its directory, which routing keys carry. */
  shortname: string;
  /** What the builder sets on every build; overrides a request's properties of the same name. */
  properties: Readonly<Record<string, JsonValue>>;
  /** One build at a time on each; default four. */
  workers?: readonly string[];
  /** Whether requests of the same branch and revision share a build; default true. */
  merge?: boolean;
  /** Which of the requests that may be built is next, by a site's own rule; undefined: none now. Default the first. */
  nextBuild?: (requests: readonly LoadedRequest[]) => LoadedRequest | undefined;
}

/** A request about to be built. `attempt` counts from 0; a RETRY or a crash makes the next one. */
export interface PlannedRequest extends LoadedRequest {
  buildername: string;
  attempt: number;
}

export type MessageKind = 'started' | 'finished' | 'log_uploaded';

/** What happens to one message on its way. */
export interface MessagePlan {
  lost?: boolean;
  /** Seconds on top of the usual delay, as a batch in a dead-letter folder waits. */
  delay?: number;
  /** How many copies arrive; default 1. */
  copies?: number;
}

/** What is to become of one build. Durations are seconds. Everything may be left out: a success at once. */
export interface BuildPlan {
  duration?: number;
  results?: BuildResult;
  /** Ends only when told to, with `finishBuild` or by a stop. */
  hold?: boolean;
  /** How long the request stays claimed without a builds row, as while a worker is pinged. */
  claimWindow?: number;
  /** The worker does not answer: after the claim window the request is given back, without row or message. */
  deadWorker?: boolean;
  /** How long a build has ended while its request is still open and claimed. */
  finishWindow?: number;
  /** A user of Buildbot's web page cancels the pending request, or stops the build after so many seconds. */
  cancel?: 'pending' | { after: number };
  messages?: Partial<Record<MessageKind, MessagePlan>>;
  /** started and finished without ids: `empty` as after a failure of the plugin, `missing` as before May 2017. */
  buildRequestIds?: 'empty' | 'missing';
  /** Properties that the build's own steps set. */
  properties?: Readonly<Record<string, JsonValue>>;
  /** null: the log could not be uploaded, and log_uploaded says so. */
  logUrl?: string | null;
}
