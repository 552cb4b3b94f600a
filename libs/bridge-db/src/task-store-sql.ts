import {
  TaskStore,
  type TrackedPage,
  type TrackedTask,
  type TrackedTaskChanges,
  Unavailable,
} from '@bbb/bridge';
import { isUniqueViolation } from '@bbb/sql';
import { type FindOptionsWhere, In, IsNull } from 'typeorm';
import type { BridgeDb } from './bridge-db.js';
import { inChunks } from './chunks.js';
import { TaskRow } from './entities/task-row.js';
import { beginWalk, continueWalk } from './walk.js';

/** Attempts to track a task whose row others make and forget at the same time. */
const TRACK_ATTEMPTS = 5;

/**
 * The `tasks` table. Every write is one statement: insert, or compare and set on the revision; so several instances
 * need no locks, and SQLite's only connection no transactions.
 */
export class TaskStoreSql extends TaskStore {
  constructor(private readonly db: BridgeDb) {
    super();
  }

  async get(taskId: string): Promise<TrackedTask | undefined> {
    const row = await this.db.run((source) => source.manager.findOneBy(TaskRow, { taskId }));
    return row ? tracked(row) : undefined;
  }

  async byRequestIds(requestIds: readonly number[]): Promise<TrackedTask[]> {
    return this.all(requestIds, (chunk) => ({ buildRequestId: In(chunk) }));
  }

  async byTaskIds(taskIds: readonly string[]): Promise<TrackedTask[]> {
    return this.all(taskIds, (chunk) => ({ taskId: In(chunk) }));
  }

  async track(task: {
    taskId: string;
    runId: number;
    createdDate: number | null;
    buildRequestId?: number | null;
  }): Promise<{ task: TrackedTask; created: boolean }> {
    const wanted: TrackedTask = {
      taskId: task.taskId,
      runId: task.runId,
      buildRequestId: task.buildRequestId ?? null,
      buildId: null,
      createdDate: whole(task.createdDate),
      processedDate: null,
      takenUntil: null,
      missingSince: null,
      rev: 0,
    };
    for (let attempt = 0; attempt < TRACK_ATTEMPTS; attempt++) {
      if (await this.insert(wanted)) return { task: wanted, created: true };
      const existing = await this.get(task.taskId);
      if (existing) return { task: existing, created: false };
      // It was forgotten between the two statements.
    }
    throw new Unavailable('bridge-db', 'the row of the task comes and goes');
  }

  /**
   * The revision decides; run and request are compared too, because a row that was forgotten and tracked anew counts
   * from 0 again.
   */
  async change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined> {
    const values = { ...rounded(changes), rev: task.rev + 1 };
    const result = await this.db.run((source) => source.manager.update(TaskRow, unchanged(task), values));
    return result.affected === 1 ? { ...task, ...values } : undefined;
  }

  async forget(task: TrackedTask): Promise<boolean> {
    const result = await this.db.run((source) => source.manager.delete(TaskRow, unchanged(task)));
    return result.affected === 1;
  }

  /**
   * A walk goes over the tasks that are tracked when it begins, in the order of that moment, and shows each as it is
   * when its page is read. Those forgotten meanwhile are left out, so a page can be short, or empty before the last.
   */
  async page(limit: number, after?: string): Promise<TrackedPage> {
    const { ids, next } =
      after === undefined ? beginWalk(await this.idsByUrgency(), limit) : continueWalk(after, limit);
    const rows = await this.rows(ids, (chunk) => ({ id: In(chunk) }));
    const byId = new Map(rows.map((row) => [row.id, row]));
    const tasks = ids.flatMap((id) => byId.get(id) ?? []).map(tracked);
    return next === undefined ? { tasks } : { tasks, next };
  }

  /** One read of the index alone. Databases differ in whether NULL comes first or last, so it is put last here. */
  private async idsByUrgency(): Promise<number[]> {
    const rows = await this.db.run((source) =>
      source.manager
        .createQueryBuilder(TaskRow, 'task')
        .select('task.id', 'id')
        .addSelect('task.takenUntil', 'takenUntil')
        .orderBy('task.takenUntil')
        .addOrderBy('task.id')
        .getRawMany<{ id: number; takenUntil: number | null }>(),
    );
    const claimed = rows.filter(({ takenUntil }) => takenUntil !== null);
    const unclaimed = rows.filter(({ takenUntil }) => takenUntil === null);
    return [...claimed, ...unclaimed].map(({ id }) => id);
  }

  /** False when the task is tracked already. */
  private async insert(task: TrackedTask): Promise<boolean> {
    try {
      await this.db.run((source) =>
        source.manager.createQueryBuilder().insert().into(TaskRow).values(task).updateEntity(false).execute(),
      );
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  private async all<V>(values: readonly V[], where: (chunk: V[]) => FindOptionsWhere<TaskRow>) {
    return (await this.rows(values, where)).map(tracked);
  }

  private async rows<V>(values: readonly V[], where: (chunk: V[]) => FindOptionsWhere<TaskRow>) {
    return inChunks(values, (chunk) => this.db.run((source) => source.manager.findBy(TaskRow, where(chunk))));
  }
}

function unchanged(task: TrackedTask): FindOptionsWhere<TaskRow> {
  const { taskId, runId, buildRequestId, rev } = task;
  return { taskId, rev, runId, buildRequestId: buildRequestId ?? IsNull() };
}

function tracked({ id: _id, ...task }: TaskRow): TrackedTask {
  return { ...task };
}

/** The changes that are given, with whole seconds; undefined means untouched. */
function rounded(changes: TrackedTaskChanges): TrackedTaskChanges {
  const times = new Set(['processedDate', 'takenUntil', 'missingSince']);
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, times.has(name) ? whole(value) : value]));
}

/** Whole seconds, rounded down: a claim must never seem to last longer than it does. */
function whole(seconds: number | null): number | null {
  return seconds === null ? null : Math.floor(seconds);
}
