import { Logger } from '@nestjs/common';
import {
  Invalid,
  type TaskStatistics,
  TaskStore,
  type TrackedPage,
  type TrackedTask,
  type TrackedTaskChanges,
  Unavailable,
} from '@bbb/rules';
import { batchCalls, MAX_IN_LIST, isUniqueViolation } from '@bbb/sql';
import type { Database } from '../database.js';
import { readTaskRows, toTask, type UnreadableTaskRow } from './read-task-row.js';
import { type RowChange, TaskTable } from './task-table.js';
import { BEGINNING, readCursor, toCursor, type Walk } from './page-cursor.js';
import { walkOn } from './task-walk.js';

/** Attempts to track a task whose row others make and forget at the same time. */
const TRACK_ATTEMPTS = 5;

/** Rows in one statement that writes; SQLite bounds how deep its conditions may be. */
const WRITTEN_TOGETHER = 500;

/** Milliseconds that a reclaimed claim may wait for others: a reflector reclaims many, and Taskcluster knows them all. */
const RECLAIMS_WAIT = 100;

/**
 * The `tasks` table. Every write is one statement: insert, or compare and set on the revision; so several instances
 * need no locks, and SQLite's only connection no transactions. What comes up at the same time, for different tasks, is
 * read and written together.
 */
export class TaskStoreSql extends TaskStore {
  private readonly logger = new Logger('TaskStore');
  private readonly ofTask = batchCalls((ids: readonly string[]) => this.findOfTasks(ids), MAX_IN_LIST);
  private readonly ofRequest = batchCalls((ids: readonly number[]) => this.findOfRequests(ids), MAX_IN_LIST);
  private readonly insert = batchCalls(
    (rows: readonly TrackedTask[]) => this.insertAll(rows),
    WRITTEN_TOGETHER,
  );
  private readonly alter = batchCalls((rows: readonly RowChange[]) => this.changeAll(rows), WRITTEN_TOGETHER);
  private readonly reclaim = batchCalls(
    (rows: readonly RowChange[]) => this.changeAll(rows),
    WRITTEN_TOGETHER,
    RECLAIMS_WAIT,
  );
  private readonly remove = batchCalls(
    (rows: readonly TrackedTask[]) => this.removeAll(rows),
    WRITTEN_TOGETHER,
  );

  /** Made anew when the database was opened anew. */
  private table: TaskTable | undefined;

  constructor(private readonly db: Database) {
    super();
  }

  async get(taskId: string): Promise<TrackedTask | undefined> {
    try {
      return await this.ofTask(taskId);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      throw new Unavailable('bridge-db', error.message, { cause: error });
    }
  }

  async findByBuildRequestIds(buildRequestIds: readonly number[]): Promise<TrackedTask[]> {
    const rows = await Promise.all([...new Set(buildRequestIds)].map((id) => this.ofRequest(id)));
    return rows.flat();
  }

  async findByTaskIds(taskIds: readonly string[]): Promise<TrackedTask[]> {
    const rows = await Promise.all(
      [...new Set(taskIds)].map((taskId) =>
        this.ofTask(taskId).catch((error: unknown) => {
          if (!(error instanceof Invalid)) throw error;
          this.logUnreadable([{ taskId, error }]);
          return undefined;
        }),
      ),
    );
    return rows.filter((row) => row !== undefined);
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
      createdDate: roundDown(task.createdDate),
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
    throw new Unavailable('bridge-db', 'task row was created and deleted concurrently 5 times; will retry');
  }

  change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined> {
    const given = roundTimes(changes);
    const to = { ...task, ...given, rev: task.rev + 1 };
    const fields = Object.keys(given).sort() as (keyof TrackedTask)[];
    return (fields.join() === 'takenUntil' ? this.reclaim : this.alter)({ from: task, to, fields });
  }

  forget(task: TrackedTask): Promise<boolean> {
    return this.remove(task);
  }

  /**
   * Each page is read behind the last row of the one before, by the index, as its rows are then. It is short where rows
   * cannot be read.
   */
  async readPage(limit: number, after?: string, upTo?: string): Promise<TrackedPage> {
    const walk = after === undefined ? BEGINNING : readCursor(after);
    const end = upTo === undefined ? undefined : readCursor(upTo);
    const readOn = (part: Walk, count: number) => this.on((table) => table.readOn(part, count, end));
    const { rows, next } = await walkOn(walk, limit, readOn, end);
    const { read, unreadable } = readTaskRows(rows);
    this.logUnreadable(unreadable);
    const tasks = read.map(toTask);
    return next === undefined ? { tasks } : { tasks, next: toCursor(next) };
  }

  async skip(after: string, count: number): Promise<string | undefined> {
    const walk = readCursor(after);
    const place = await this.on((table) => table.findPlace(walk, count));
    if (place) return toCursor({ ...walk, after: place });
    return walk.part === 'claimed' ? toCursor({ part: 'unclaimed', last: walk.last }) : undefined;
  }

  listBuildRequestIds(after: number, limit: number): Promise<number[]> {
    return this.on((table) => table.listBuildRequestIds(after, limit));
  }

  readStatistics(): Promise<TaskStatistics> {
    return this.on((table) => table.readStatistics());
  }

  private async findOfTasks(taskIds: readonly string[]): Promise<(TrackedTask | Error | undefined)[]> {
    const rows = await this.on((table) => table.findWhere('taskId', [...new Set(taskIds)]));
    const read = new Map(rows.read.map((row) => [row.taskId, toTask(row)]));
    const unreadable = new Map(rows.unreadable.map(({ taskId, error }) => [taskId, error]));
    return taskIds.map((taskId) => read.get(taskId) ?? unreadable.get(taskId));
  }

  private async findOfRequests(buildRequestIds: readonly number[]): Promise<TrackedTask[][]> {
    const { read, unreadable } = await this.on((table) =>
      table.findWhere('buildRequestId', [...new Set(buildRequestIds)]),
    );
    this.logUnreadable(unreadable);
    const found = groupBy(read.map(toTask), ({ buildRequestId }) => buildRequestId);
    return buildRequestIds.map((buildRequestId) => found.get(buildRequestId) ?? []);
  }

  /** False for one that is tracked already. @throws the driver's error when one of several is */
  private async insertAll(rows: readonly TrackedTask[]): Promise<boolean[]> {
    try {
      await this.on((table) => table.insert(rows));
      return rows.map(() => true);
    } catch (error) {
      if (rows.length === 1 && isUniqueViolation(error)) return [false];
      throw error;
    }
  }

  private async changeAll(changes: readonly RowChange[]): Promise<(TrackedTask | undefined)[]> {
    const won = new Set<RowChange>();
    for (const alike of groupBy(keepFirstPerTask(changes), ({ fields }) => fields.join()).values()) {
      const changed = await this.on((table) => table.change(alike));
      for (const change of alike) if (changed.has(change.from.taskId)) won.add(change);
    }
    return changes.map((change) => (won.has(change) ? change.to : undefined));
  }

  /** The first of those who forget one row at the same time has forgotten it. */
  private async removeAll(tasks: readonly TrackedTask[]): Promise<boolean[]> {
    const first = new Map(tasks.toReversed().map((task) => [task.taskId, task]));
    const removed = await this.on((table) => table.remove([...first.values()]));
    return tasks.map((task) => first.get(task.taskId) === task && removed.has(task.taskId));
  }

  private logUnreadable(rows: readonly Partial<UnreadableTaskRow>[]): void {
    for (const row of rows) this.logger.error(row, 'skipped a task row that cannot be read');
  }

  private on<T>(work: (table: TaskTable) => Promise<T>): Promise<T> {
    return this.db.run((source) => {
      if (this.table?.source !== source) this.table = new TaskTable(source);
      return work(this.table);
    });
  }
}

/** The first change of each task: a second one at the same time is decided on a revision that is over with it. */
function keepFirstPerTask(changes: readonly RowChange[]): RowChange[] {
  const first = new Map<string, RowChange>();
  for (const change of changes) if (!first.has(change.from.taskId)) first.set(change.from.taskId, change);
  return [...first.values()];
}

function groupBy<Key, Value>(values: readonly Value[], keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

/** The changes that are given, with whole seconds; undefined means untouched. */
function roundTimes(changes: TrackedTaskChanges): TrackedTaskChanges {
  const times = new Set(['processedDate', 'takenUntil', 'missingSince']);
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, times.has(name) ? roundDown(value) : value]));
}

/** Whole seconds, rounded down: a claim must never seem to last longer than it does. */
function roundDown(seconds: number | null): number | null {
  return seconds === null ? null : Math.floor(seconds);
}
