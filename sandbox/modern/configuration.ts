import type { JsonValue } from '@bbb/rules';
import type { Property } from './database/rows.js';

/** A step of a build. Without anything, it succeeds at once. */
export interface StepPlan {
  name: string;
  /** Seconds. */
  duration?: number;
  /** Ends only when told to, with `finishBuild` or by a cancellation. */
  hold?: boolean;
  results?: number;
  /** Whether WARNINGS of the step reach the build; by default they do not. */
  warnOnWarnings?: boolean;
  /** What its command writes; default nothing. */
  output?: string;
  /** A lock that one step holds at a time. */
  lock?: string;
  /** Builder of which it requests a build, and for which it waits. */
  triggers?: string;
  /** Properties that it sets on the build. JSON has no word for some numbers, and rounds others. */
  properties?: Readonly<Record<string, JsonValue | bigint>>;
}

/** What a master knows of a request when it begins its build. */
export interface RequestToBuild {
  buildRequestId: number;
  buildername: string;
  properties: ReadonlyMap<string, Property>;
  /** Builds of the request so far. */
  attempt: number;
}

export interface BuilderConfiguration {
  name: string;
  /** Names of workers. Each builds one request of the builder at a time. */
  workers: readonly string[];
  /** Whether an equal newer request takes the place of a pending one; as in Buildbot, by default it does. */
  collapseRequests?: boolean;
  /** A lock that one build holds at a time. */
  lock?: string;
  /** Whether a request may be built now, as the site's own `nextBuild` or `canStartBuild` says. */
  isBuildable?: (buildRequestId: number) => boolean;
  steps: (request: RequestToBuild) => readonly StepPlan[];
}

export interface WorkerConfiguration {
  name: string;
  /** Builds at a time, of all builders. */
  maxBuilds: number;
}

/** What stands in master.cfg. */
export interface MasterConfiguration {
  builders: readonly BuilderConfiguration[];
  workers: readonly WorkerConfiguration[];
  /** Schedulers of the bridge's plugin. Their builders are all builders. */
  bridgeSchedulers: readonly string[];
  /** Name of the stock ForceScheduler, if there is one, and the properties that it declares, with their defaults. */
  forceScheduler?: { name: string; properties: Readonly<Record<string, string>> };
}

/** Seconds, unless said otherwise. */
export const USUAL_TIMES = {
  /** From the claim of a request to its build. Before Buildbot 4.0 a cancellation in between has no effect. */
  claim: 0.015,
  /** From the end of a build to that of its request, and from there to that of the build set. */
  completion: 0.015,
  /** From a cancellation to the end of the build. */
  cancellation: 0.05,
  /** How long a worker builds nothing after a first EXCEPTION; each that follows doubles it, up to an hour. */
  quarantine: 10,
  /** After which the master closes a connection on which nothing happens. */
  idleConnection: 60,
  /** Between the pings of a WebSocket (`ws_ping_interval`); 0, as is usual, for none. */
  eventPing: 0,
};

export type MasterTimes = typeof USUAL_TIMES;
