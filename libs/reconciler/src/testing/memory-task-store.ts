import { TaskStore, type TrackedPage, type TrackedTask, type TrackedTaskChanges } from '@bbb/rules';
import type { Effects } from './effects.js';

/** Rows in memory, changed by compare and set on their revision. */
export class MemoryTaskStore extends TaskStore {
  readonly rows = new Map<string, TrackedTask>();

  constructor(private readonly effects: Effects) {
    super();
  }

  get(taskId: string): Promise<TrackedTask | undefined> {
    return this.effects.read('store.get', () => copy(this.rows.get(taskId)));
  }

  byBuildRequestIds(buildRequestIds: readonly number[]): Promise<TrackedTask[]> {
    return this.effects.read('store.byBuildRequestIds', () =>
      this.#where(
        ({ buildRequestId }) => buildRequestId !== null && buildRequestIds.includes(buildRequestId),
      ),
    );
  }

  byTaskIds(taskIds: readonly string[]): Promise<TrackedTask[]> {
    return this.effects.read('store.byTaskIds', () => this.#where(({ taskId }) => taskIds.includes(taskId)));
  }

  track(task: {
    taskId: string;
    runId: number;
    createdDate: number | null;
    buildRequestId?: number | null;
  }): Promise<{ task: TrackedTask; created: boolean }> {
    return this.effects.effect('store.track', () => {
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
    });
  }

  change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined> {
    return this.effects.effect('store.change', () => {
      if (!this.#isStill(task)) return undefined;
      const row = { ...task, ...changes, rev: task.rev + 1 };
      this.rows.set(task.taskId, row);
      return { ...row };
    });
  }

  forget(task: TrackedTask): Promise<boolean> {
    return this.effects.effect('store.forget', () => {
      if (!this.#isStill(task)) return false;
      return this.rows.delete(task.taskId);
    });
  }

  page(limit: number, after = '0'): Promise<TrackedPage> {
    return this.effects.read('store.page', () => {
      const urgency = ({ takenUntil }: TrackedTask) => takenUntil ?? Number.POSITIVE_INFINITY;
      const rows = this.#where(() => true).sort(
        (a, b) => urgency(a) - urgency(b) || (a.taskId < b.taskId ? -1 : 1),
      );
      const end = Number(after) + limit;
      return { tasks: rows.slice(Number(after), end), next: end < rows.length ? String(end) : undefined };
    });
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

function copy<T extends object>(value: T | undefined): T | undefined {
  return value && { ...value };
}
