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

  override async readPage(limit: number, after?: string, upTo?: string): Promise<TrackedPage> {
    const rows = this.#walk(after, upTo);
    const tasks = rows.slice(0, limit);
    const next = rows.length > limit ? toCursor(tasks.at(-1)!) : undefined;
    return next === undefined ? { tasks } : { tasks, next };
  }

  override async skip(after: string, count: number): Promise<string | undefined> {
    const rows = this.#walk(after);
    return rows.length > count ? toCursor(rows[count - 1]!) : undefined;
  }

  override async listBuildRequestIds(after: number, limit: number): Promise<number[]> {
    return [...this.rows.values()]
      .flatMap(({ buildRequestId }) => buildRequestId ?? [])
      .filter((id) => id > after)
      .sort((a, b) => a - b)
      .slice(0, limit);
  }

  /** Rows behind one place, up to another. */
  #walk(after?: string, upTo?: string): TrackedTask[] {
    const isIn = (row: TrackedTask) =>
      (after === undefined || compare(row, readCursor(after)) > 0) &&
      (upTo === undefined || compare(row, readCursor(upTo)) <= 0);
    return this.#where(isIn).sort(compare);
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

type Place = Pick<TrackedTask, 'takenUntil' | 'taskId'>;

const toCursor = ({ takenUntil, taskId }: Place) => JSON.stringify({ takenUntil, taskId });
const readCursor = (cursor: string) => JSON.parse(cursor) as Place;

/** By urgency: the end of the claim, never claimed last. */
function compare(a: Place, b: Place): number {
  const [first, second] = [a, b].map(({ takenUntil }) => takenUntil ?? Number.MAX_SAFE_INTEGER);
  return first! - second! || (a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0);
}
