import type { JsonValue } from '../json.js';
import type { PayloadRules } from '../policy/payload-rules.js';

/** Identifies a build request: the task and the run that it is created for. */
export interface RequestKey {
  taskId: string;
  /** The first run the request serves; later runs made by a RETRY keep the request. */
  createdForRunId: number;
  /** Epoch seconds (whole) at which that run was scheduled. */
  scheduledAt: number;
}

/** The content of a build request to create. Values have been validated. */
export interface RequestSpec extends RequestKey {
  buildername: string;
  /** Reduced to its path, without a trailing slash. */
  branch: string | null;
  revision: string | null;
  repository: string;
  project: string;
  /** Without `taskId` and `createdForRunId`, which the adapter adds. */
  properties: Readonly<Record<string, JsonValue>>;
  priority: number;
}

/** One build of a request, running or ended. `buildId` is Buildbot's unique id, `number` the builder's count. */
export interface BuildRef {
  buildId: number;
  number: number;
}

/**
 * State of a build request:
 * waiting   - open, no build yet
 * building  - open, its newest build has not ended
 * finishing - open and claimed, its newest build has ended: the master is about to complete or rebuild it. `since`: when
 *             that build ended, null where such a request never stays so
 * requeued  - open and unclaimed after a build: Buildbot's RETRY
 * dropped   - complete without a finished build, although it was not cancelled: collapsed into another request, or ended
 *             by a shutdown of its master
 * cancelled - complete, and no build ran to the request's end
 * finished  - complete with the result of its newest build
 */
export type RequestState =
  | { at: 'waiting' }
  | { at: 'building'; build: BuildRef }
  | { at: 'finishing'; build: BuildRef; since: number | null }
  | { at: 'requeued'; build: BuildRef }
  | { at: 'dropped'; build: BuildRef | null }
  | { at: 'cancelled'; completeAt: number | null }
  | { at: 'finished'; build: BuildRef; results: number | null; completeAt: number | null };

/** The task and run that a build request was created for, as recorded in Buildbot. */
export interface RequestMark {
  taskId: string;
  /** Null on a request of the original bridge, which recorded no run. */
  createdForRunId: number | null;
}

/** A build request as observed. Times are epoch seconds. */
export interface RequestSnapshot {
  buildRequestId: number;
  /** Null when the request was not created by a bridge, or its marks contradict each other. */
  key: RequestMark | null;
  buildername: string;
  state: RequestState;
}

/** An open request that is marked with a task (in its reason text); used to find orphan build requests. */
export interface MarkedRequest {
  buildRequestId: number;
  taskId: string;
  /** Epoch seconds (whole). */
  createdAt: number;
  /** From the property; null on a request of the original bridge. */
  createdForRunId: number | null;
}

/** Outcome of a finished build: its properties, and the URL of its log. */
export interface BuildOutcome {
  /** Name, value, source. */
  properties: readonly (readonly [name: string, value: unknown, source: string])[];
  log: { url: string; contentType: string } | null;
  /** The end of the log of the first step that failed, as it is in Buildbot; only where its publication is wanted. */
  failedStep?: { step: string; text: string } | undefined;
}

/** An open request's place among the requests of its builder, and its page; null where this kind of Buildbot cannot tell. */
export interface RequestPlace {
  /** Of the page that people look at. */
  url: string | null;
  /** Epoch seconds. */
  submittedAt: number | null;
  /** Open requests of the builder that come first. */
  ahead: number | null;
  /** Requests of the builder that are being built. */
  building: number | null;
  /** Connected workers of the builder. */
  workers: number | null;
}

/** Whether the builder list contains a name. `unchecked`: there is no list to check against. */
export type BuilderKnown = 'known' | 'unknown' | 'unchecked';

/**
 * One Buildbot installation. Methods throw {@link Refused} and {@link Unavailable} as the queue's do.
 * It reports facts only; what they mean for a task is decided elsewhere.
 */
export abstract class Buildbot {
  /** What this kind of Buildbot accepts as a task's payload. */
  abstract readonly payloadRules: PayloadRules;

  /**
   * Creates a build request, or finds the one that exists for its key: at most one per key, even with several instances.
   *
   * @param stillWanted called after the look-up and before anything is written, under the same lock that
   *   {@link withdraw} takes; when it returns false nothing is written and undefined is returned
   * @returns the request's id
   */
  abstract create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined>;

  /**
   * Whether a builder may get another request: its backlog has a limit where the installation has one. Other instances
   * create at the same time, so the limit is kept approximately.
   */
  hasRoomFor(_buildername: string): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** Why a request cannot be created as its payload wants it; empty when it can, as far as is known. */
  findProblems(_spec: Pick<RequestSpec, 'buildername' | 'properties'>): Promise<string[]> {
    return Promise.resolve([]);
  }

  /** The id of the newest request that exists for a key and is not dropped, or undefined. */
  abstract find(key: RequestKey): Promise<number | undefined>;

  /**
   * Gives up the creation of a request that another instance may be creating: under the lock of {@link create}, looks for
   * a request and, if there is none, runs `forget`, so that `stillWanted` of every later `create` returns false.
   *
   * @returns the id of the request if one exists, or undefined once `forget` has run
   */
  abstract withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined>;

  /**
   * Snapshots of many requests. A request that Buildbot does not know is not in the map; one that cannot be read, although
   * others can, is there with its error and must not be treated as missing.
   */
  abstract readSnapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot | Error>>;

  /**
   * The snapshot of one request; undefined when Buildbot does not know it.
   *
   * @throws Unavailable also when Buildbot answers and the request cannot be read
   */
  async readSnapshot(buildRequestId: number): Promise<RequestSnapshot | undefined> {
    const found = (await this.readSnapshots([buildRequestId])).get(buildRequestId);
    if (found instanceof Error) throw found;
    return found;
  }

  /** Open requests with the bridge's mark, in pages of ascending id after `afterBuildRequestId`. */
  abstract listMarkedOpenRequests(afterBuildRequestId: number, limit: number): Promise<MarkedRequest[]>;

  /**
   * Requests the cancellation: the running build is stopped, or the waiting request is removed. Success does not mean that
   * it has been cancelled: repeat until a snapshot shows it complete. A 404 right after creation comes from a lagging
   * replica and counts as Unavailable.
   */
  abstract cancel(request: RequestSnapshot): Promise<void>;

  /**
   * The other open requests that a running build serves: Buildbot 0.8 merges requests into one build.
   *
   * @returns their ids; none where each build has one request
   */
  abstract listSharers(build: BuildRef): Promise<number[]>;

  /**
   * The outcome of a finished build, read from Buildbot; undefined where only the build's end message has it.
   *
   * @throws Unavailable when Buildbot does not answer
   */
  abstract readOutcome(build: BuildRef): Promise<BuildOutcome | undefined>;

  /**
   * Where a request stands, for people.
   *
   * @throws Unavailable when Buildbot does not answer
   */
  abstract readPlace(request: RequestSnapshot): Promise<RequestPlace>;

  /**
   * The names in the builder list; undefined where there is no list.
   *
   * @throws Unavailable when a list is configured and cannot be read
   */
  abstract listBuilders(): Promise<readonly string[] | undefined>;

  /** Whether the builder list has this name. Throws {@link Unavailable} when a list is configured but never loaded. */
  abstract knows(buildername: string): Promise<BuilderKnown>;
}
