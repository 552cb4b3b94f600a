/** Taskcluster's reasons for the end of a run (its schemas, version 106); unknown reasons stay strings. */
export type ReasonResolved =
  | 'completed'
  | 'failed'
  | 'deadline-exceeded'
  | 'canceled'
  | 'claim-expired'
  | 'worker-shutdown'
  | 'malformed-payload'
  | 'resource-unavailable'
  | 'internal-error'
  | 'intermittent-task'
  | (string & {});

export type RunState = 'pending' | 'running' | 'completed' | 'failed' | 'exception';

/** One run of a task. Times are epoch seconds. */
export interface Run {
  runId: number;
  state: RunState;
  reasonCreated: string;
  reasonResolved?: ReasonResolved;
  workerGroup?: string;
  workerId?: string;
  takenUntil?: number;
  scheduled: number;
  resolved?: number;
}

/** A task's status. Only the last run can be pending or running. Times are epoch seconds. */
export interface TaskStatus {
  taskId: string;
  /** `<provisionerId>/<workerType>`. */
  taskQueueId: string;
  state: RunState | 'unscheduled';
  deadline: number;
  retriesLeft: number;
  runs: readonly Run[];
}

/** The parts of a task definition that the bridge reads. `payload` is untrusted input: validate it before any use. */
export interface TaskDefinition {
  taskQueueId: string;
  priority: string;
  /** Epoch seconds. */
  created: number;
  /** As Taskcluster wrote it (ISO 8601), because artifacts repeat it exactly. */
  expires: string;
  scopes: readonly string[];
  payload: unknown;
  /** Too large to be kept as a whole: `payload` has at most its builder name. A listed one may be whole when read alone. */
  isAbridged?: true;
}

export interface RunRef {
  taskId: string;
  runId: number;
}

/** A run to act on as its worker. */
export interface HeldRun extends RunRef {
  /**
   * The run was seen running under our worker, or its row records a claim. Such a run is never pending again, so the
   * adapter may claim it again for its credentials without taking a pending run; for other runs it checks first.
   */
  wasHeld?: boolean;
}

/** A run with the end of its claim in epoch seconds. */
export interface HeldClaim extends RunRef {
  takenUntil: number;
}

/** What a claim or reclaim grants. `takenUntil` in epoch seconds. */
export interface Claim {
  takenUntil: number;
  status: TaskStatus;
}

/** A pending or claimed run as the queue lists it. */
export interface ListedRun extends RunRef {
  definition: TaskDefinition;
}

export type ExceptionReason =
  'worker-shutdown' | 'malformed-payload' | 'resource-unavailable' | 'internal-error' | 'intermittent-task';

/** How a run is resolved by its worker. */
export type Resolution =
  { report: 'completed' } | { report: 'failed' } | { report: 'exception'; reason: ExceptionReason };

/** An artifact of a run. `expires` is in Taskcluster's own form; without it the artifact expires with its task. */
export type Artifact = { name: string; expires?: string } & (
  | { kind: 'file'; contentType: string; content: string }
  | { kind: 'reference'; contentType: string; url: string }
  | { kind: 'error'; reason: string; message: string }
);

/**
 * Taskcluster's queue, for one task queue and one worker identity.
 *
 * Every method throws {@link Refused} with HTTP status and code when the queue refuses, and {@link Unavailable} when there
 * is no usable answer. All of them are safe to repeat.
 */
export abstract class TaskQueue {
  /** The task's status; undefined when the queue does not know the task (never existed, or expired). */
  abstract readStatus(taskId: string): Promise<TaskStatus | undefined>;

  /**
   * Statuses of many tasks. A task that the queue does not know is not in the map; one that could not be read, although
   * others could, is there with its error and must not be treated as missing.
   */
  abstract readStatuses(taskIds: readonly string[]): Promise<Map<string, TaskStatus | Error>>;

  /** The task's definition; undefined as for {@link readStatus}. */
  abstract readDefinition(taskId: string): Promise<TaskDefinition | undefined>;

  /** Every pending run of our task queue, without claiming it. */
  abstract listPending(): AsyncIterable<ListedRun>;

  /** Every claimed run of our task queue, whichever worker holds it. */
  abstract listClaimed(): AsyncIterable<ListedRun>;

  /**
   * Checks before a run is claimed whether its worker could act on it afterwards.
   *
   * @param scopes of the task
   * @throws Refused 403, with the remedy, when neither the credentials of the claim nor the bridge's own would do
   */
  async checkScopes(_run: RunRef, _scopes: readonly string[]): Promise<void> {}

  /** Claims a pending run; succeeds again while the same worker holds it. 409 has one text for every reason. */
  abstract claim(run: RunRef): Promise<Claim>;

  /** Extends takenUntil. A pending run is refused with 500 (Taskcluster 106) or 409 (2015). */
  abstract reclaim(run: HeldRun): Promise<Claim>;

  /** Resolves a running run. The same report again succeeds; another one is refused with 409. */
  abstract report(run: HeldRun, resolution: Resolution): Promise<TaskStatus>;

  /** Cancels the task; answers with the current status when it is resolved already. 409 past the deadline. */
  abstract cancel(taskId: string): Promise<TaskStatus>;

  /** Makes a new run of a resolved task. 409 past the deadline or at 50 runs. */
  abstract rerun(taskId: string): Promise<TaskStatus>;

  /**
   * Seconds by which the queue's clock is ahead of this machine's, to about a second; undefined while it is not known.
   * `takenUntil` is a time of the queue's clock.
   */
  readClockOffset(): number | undefined {
    return undefined;
  }

  /** Whether this process can act on a run as its worker without claiming it again. */
  holds(_run: RunRef): boolean {
    return true;
  }

  /** The runs that this process can act on with the credentials of their claims, each with the end of its claim. */
  listHeldRuns(): HeldClaim[] {
    return [];
  }

  /** Attaches an artifact to a claimed run, and uploads its content where it has one. */
  abstract attach(run: HeldRun, artifact: Artifact): Promise<void>;
}
