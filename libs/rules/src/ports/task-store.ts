/** A tracked task: one row of the bridge's `tasks` table. Times are epoch seconds, whole. */
export interface TrackedTask {
  taskId: string;
  /** The run being followed: the latest one known. Never moves backwards. */
  runId: number;
  /** Null from the intent to create a request until its id is recorded. */
  buildRequestId: number | null;
  /** The build that the current run is claimed for; null when the run is not claimed, or its build not known. */
  buildId: number | null;
  /** The task's creation in Taskcluster. */
  createdDate: number | null;
  /** Creation of its build request. */
  processedDate: number | null;
  /** End of the current run's claim; null: not claimed. */
  takenUntil: number | null;
  /** Since when one side has not known the task or its request; null: both known when last seen. */
  missingSince: number | null;
  /** Counts changes; every change names the revision it was decided on. */
  rev: number;
}

export type TrackedTaskChanges = Partial<
  Pick<TrackedTask, 'runId' | 'buildRequestId' | 'buildId' | 'processedDate' | 'takenUntil' | 'missingSince'>
>;

/** One page of all tracked tasks; `next` is undefined on the last page. */
export interface TrackedPage {
  tasks: TrackedTask[];
  next?: string;
}

/** Number of tracked tasks, and the end of their most urgent claim. */
export interface TaskStatistics {
  claimed: number;
  unclaimed: number;
  /** End of the claim that ends first, in epoch seconds; null: no task is claimed. */
  leastTakenUntil: number | null;
}

/** The rows of the tracked tasks, at most one per task. Methods throw {@link Unavailable}. */
export abstract class TaskStore {
  /** @throws Unavailable also when the task's row cannot be read */
  abstract get(taskId: string): Promise<TrackedTask | undefined>;

  /** Rows of these build requests, unsorted; a row that cannot be read is left out. */
  abstract findByBuildRequestIds(buildRequestIds: readonly number[]): Promise<TrackedTask[]>;

  /** Of these tasks, those that are tracked; a row that cannot be read is left out, and {@link get} throws for it. */
  abstract findByTaskIds(taskIds: readonly string[]): Promise<TrackedTask[]>;

  /**
   * Starts tracking a task, before its request exists (or after, when it is found again).
   * @returns the row, and whether this call created it; a row that already exists is returned unchanged
   */
  abstract track(task: {
    taskId: string;
    runId: number;
    createdDate: number | null;
    buildRequestId?: number | null;
  }): Promise<{ task: TrackedTask; created: boolean }>;

  /** Changes a row if it is still at `task.rev`; returns the changed row, or undefined when the revision differs. */
  abstract change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined>;

  /** Deletes a row if it is still at `task.rev`; false when the revision differs. */
  abstract forget(task: TrackedTask): Promise<boolean>;

  /**
   * All rows, most urgent claim first (takenUntil ascending, never claimed last), a page at a time; a page may be short. A
   * row that nobody changes meanwhile comes exactly once. One that is changed may come again or not at all: whoever
   * changed it has seen its state.
   *
   * @param after where the page begins, as another page or {@link skip} told
   * @param upTo where the last page ends; undefined: behind the last row
   */
  abstract readPage(limit: number, after?: string, upTo?: string): Promise<TrackedPage>;

  /**
   * The place about `count` rows further than a page would begin; fewer where the claimed ones end. Undefined when there are
   * no more than so many.
   */
  abstract skip(after: string, count: number): Promise<string | undefined>;

  /** Ids of the build requests that have a row, ascending, the first `limit` of those greater than `after`. */
  abstract listBuildRequestIds(after: number, limit: number): Promise<number[]>;

  abstract readStatistics(): Promise<TaskStatistics>;
}
