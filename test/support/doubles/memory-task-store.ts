import {
  type TaskStatistics,
  TaskStore,
  type TrackedPage,
  type TrackedTask,
  type TrackedTaskChanges,
} from '@bbb/rules';

/** Rows in memory, changed by compare and set on their revision. */
export class MemoryTaskStore extends TaskStore {
  readonly rows = new Map<string, TrackedTask>();

  override async get(taskId: string): Promise<TrackedTask | undefined> {
    const row = this.rows.get(taskId);
    return row && { ...row };
  }

  override async findByBuildRequestIds(buildRequestIds: readonly number[]): Promise<TrackedTask[]> {
    return this.#where(
      ({ buildRequestId }) => buildRequestId !== null && buildRequestIds.includes(buildRequestId),
    );
  }

  override async findByTaskIds(taskIds: readonly string[]): Promise<TrackedTask[]> {
    return this.#where(({ taskId }) => taskIds.includes(taskId));
  }

  override async readStatistics(): Promise<TaskStatistics> {
    const ends = [...this.rows.values()].flatMap(({ takenUntil }) => takenUntil ?? []);
    const leastTakenUntil = ends.length === 0 ? null : Math.min(...ends);
    return { claimed: ends.length, unclaimed: this.rows.size - ends.length, leastTakenUntil };
  }

  override async track(
    task: Parameters<TaskStore['track']>[0],
  ): Promise<{ task: TrackedTask; created: boolean }> {
    const theirs = this.rows.get(task.taskId);
    if (theirs) return { task: { ...theirs }, created: false };
    const row: TrackedTask = {
      buildId: null,
      processedDate: null,
      takenUntil: null,
      missingSince: null,
      rev: 0,
      ...task,
      buildRequestId: task.buildRequestId ?? null,
    };
    this.rows.set(task.taskId, row);
    return { task: { ...row }, created: true };
  }

  override async change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined> {
    if (!this.#isStill(task)) return undefined;
    const row = { ...task, ...changes, rev: task.rev + 1 };
    this.rows.set(task.taskId, row);
    return { ...row };
  }

  override async forget(task: TrackedTask): Promise<boolean> {
    return this.#isStill(task) && this.rows.delete(task.taskId);
  }

  override async readPage(limit: number, after = '0'): Promise<TrackedPage> {
    const urgency = ({ takenUntil }: TrackedTask) => takenUntil ?? Number.POSITIVE_INFINITY;
    const rows = this.#where(() => true).sort(
      (a, b) => urgency(a) - urgency(b) || (a.taskId < b.taskId ? -1 : 1),
    );
    const end = Number(after) + limit;
    return { tasks: rows.slice(Number(after), end), next: end < rows.length ? String(end) : undefined };
  }

  /** Run and request count too: a row that was forgotten and tracked anew has the revisions of its predecessor. */
  #isStill({ taskId, rev, runId, buildRequestId }: TrackedTask): boolean {
    const row = this.rows.get(taskId);
    return row?.rev === rev && row.runId === runId && row.buildRequestId === buildRequestId;
  }

  #where(condition: (row: TrackedTask) => boolean): TrackedTask[] {
    return [...this.rows.values()].filter(condition).map((row) => ({ ...row }));
  }
}
