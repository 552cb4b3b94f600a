import type { TaskStatistics, TrackedTask } from '@bbb/rules';
import { discardConnection, listPlaceholders, numberPlaceholders } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import type { Place, Walk } from './page-cursor.js';
import { type RawTaskRow, readTaskRows } from './read-task-row.js';
import { FIELDS, TaskColumns } from './task-columns.js';
import { selectPage, selectPlace, type WalkedRow } from './task-walk.js';
import { writeEachToFile } from './write-each-to-file.js';

type Value = string | number | null;

interface Statement {
  sql: string;
  values: readonly Value[];
}

interface TaskIdRow {
  taskId: string;
}

/** A change of a row, decided on its revision. */
export interface RowChange {
  from: TrackedTask;
  to: TrackedTask;
  /** What differs, besides the revision. */
  fields: readonly (keyof TrackedTask)[];
}

/** The statements on the `tasks` table, each of them about many rows at once. */
export class TaskTable {
  private readonly columns: TaskColumns;

  constructor(readonly source: DataSource) {
    this.columns = new TaskColumns(source);
  }

  /** Rows in which a field has one of these values, in no particular order. */
  async findWhere<Field extends keyof TrackedTask>(
    field: Field,
    values: readonly Value[],
  ): Promise<ReturnType<typeof readTaskRows>> {
    const sql = `SELECT ${this.columns.selected} FROM tasks WHERE ${this.findColumn(field)} IN (${listPlaceholders(values.length)})`;
    return readTaskRows(await this.readRows<RawTaskRow>(sql, values));
  }

  /** The next rows of one part of a walk, by urgency. */
  async readOn(walk: Walk, limit: number, upTo?: Walk): Promise<WalkedRow[]> {
    const { sql, values } = selectPage(this.columns, walk, limit, upTo);
    return this.readRows(sql, values);
  }

  /** The row that is so many rows further in one part of a walk. One read of the index alone. */
  async findPlace(walk: Walk, count: number): Promise<Place | undefined> {
    const { sql, values } = selectPlace(this.columns, walk, count);
    return (await this.readRows<Place>(sql, values))[0];
  }

  /** One read of the index alone. */
  async listBuildRequestIds(after: number, limit: number): Promise<number[]> {
    const column = this.findColumn('buildRequestId');
    const rows = await this.readRows<{ n: number }>(
      `SELECT ${column} AS n FROM tasks WHERE ${column} > ? ORDER BY ${column} LIMIT ${limit}`,
      [after],
    );
    return rows.map(({ n }) => n);
  }

  /** One read of the index alone. */
  async readStatistics(): Promise<TaskStatistics> {
    const takenUntil = this.findColumn('takenUntil');
    const [counted] = await this.readRows<Record<'tracked' | 'claimed' | 'least', string | number | null>>(
      `SELECT COUNT(*) AS tracked, COUNT(${takenUntil}) AS claimed, MIN(${takenUntil}) AS least FROM tasks`,
      [],
    );
    // PostgreSQL's counts come as text.
    const [tracked, claimed] = [Number(counted?.tracked), Number(counted?.claimed)];
    return { claimed, unclaimed: tracked - claimed, leastTakenUntil: toNumber(counted?.least ?? null) };
  }

  /** @throws the driver's error when one of them is there already; then none is inserted */
  async insert(tasks: readonly TrackedTask[]): Promise<void> {
    const columns = FIELDS.map((field) => this.findColumn(field)).join(', ');
    const row = `(${listPlaceholders(FIELDS.length)})`;
    await this.readRows(
      `INSERT INTO tasks (${columns}) VALUES ${tasks.map(() => row).join(', ')}`,
      tasks.flatMap((task) => FIELDS.map((field) => task[field])),
    );
  }

  /** Changes rows that are still as they were, of different tasks and in the same fields. @returns the tasks changed */
  change(changes: readonly RowChange[]): Promise<ReadonlySet<string>> {
    return this.write(
      changes,
      ({ from }) => from,
      (some) => this.createUpdate(some),
    );
  }

  /** Deletes rows that are still as they were. @returns the tasks deleted */
  remove(tasks: readonly TrackedTask[]): Promise<ReadonlySet<string>> {
    return this.write(
      tasks,
      (task) => task,
      (some) => {
        const values: Value[] = [];
        return { sql: `DELETE FROM tasks WHERE ${this.matchUnchanged(some, values)}`, values };
      },
    );
  }

  /** Writes to the rows that are still as they were. @returns their tasks, as the database itself tells */
  private async write<Item>(
    items: readonly Item[],
    taskOf: (item: Item) => TrackedTask,
    build: (items: readonly Item[]) => Statement,
  ): Promise<ReadonlySet<string>> {
    switch (this.columns.dialect) {
      case 'postgres': {
        const { sql, values } = build(items);
        return readTaskIds(await this.readWritten(`${sql} RETURNING ${this.findColumn('taskId')}`, values));
      }
      case 'sqlite': {
        const written = await writeEachToFile(
          this.source,
          items.map((item) => build([item])),
        );
        return new Set(items.filter((_, index) => written[index]).map((item) => taskOf(item).taskId));
      }
      case 'mysql':
        return this.writeToMysql(items.map(taskOf), build(items));
    }
  }

  /**
   * MySQL tells only how many rows it has written: which they are is read first, and locked until they are written. All
   * in one round trip.
   */
  private async writeToMysql(
    tasks: readonly TrackedTask[],
    { sql, values }: Statement,
  ): Promise<ReadonlySet<string>> {
    const runner = this.source.createQueryRunner();
    try {
      if (tasks.length === 1) {
        const { affected } = await runner.query(sql, [...values], true);
        return new Set(affected === 1 ? [tasks[0]!.taskId] : []);
      }
      const read: Value[] = [];
      const condition = this.matchUnchanged(tasks, read);
      const [, rows, written] = (await runner.query(
        `START TRANSACTION; SELECT taskId FROM tasks WHERE ${condition} FOR UPDATE; ${sql}; COMMIT`,
        [...read, ...values],
      )) as [unknown, TaskIdRow[], { affectedRows: number }, unknown];
      // Without transactions (MyISAM) another instance may write in between: then none is known to be written.
      return written.affectedRows === rows.length ? readTaskIds(rows) : new Set();
    } catch (error) {
      // What cannot be undone ends with its connection.
      if (tasks.length > 1) await runner.query('ROLLBACK').catch(() => discardConnection(runner));
      throw error;
    } finally {
      await runner.release();
    }
  }

  private createUpdate(changes: readonly RowChange[]): Statement {
    const values: Value[] = [];
    const sets = changes[0]!.fields.map((field) => {
      // Without a type PostgreSQL takes a parameter of CASE for text.
      const cases = changes.map(({ from, to }) => {
        values.push(from.taskId, to[field]);
        return this.columns.dialect === 'postgres' ? 'WHEN ? THEN ?::integer' : 'WHEN ? THEN ?';
      });
      return `${this.findColumn(field)} = CASE ${this.findColumn('taskId')} ${cases.join(' ')} END`;
    });
    const condition = this.matchUnchanged(
      changes.map(({ from }) => from),
      values,
    );
    return { sql: `UPDATE tasks SET ${[...sets, 'rev = rev + 1'].join(', ')} WHERE ${condition}`, values };
  }

  /**
   * The revision decides; run and request are compared too, because a row that was forgotten and tracked anew counts
   * from 0 again.
   */
  private matchUnchanged(tasks: readonly TrackedTask[], values: Value[]): string {
    const [task, run, request] = (['taskId', 'runId', 'buildRequestId'] as const).map((field) =>
      this.findColumn(field),
    );
    const conditions = tasks.map(({ taskId, rev, runId, buildRequestId }) => {
      values.push(taskId, rev, runId, ...(buildRequestId === null ? [] : [buildRequestId]));
      const sameRequest = buildRequestId === null ? 'IS NULL' : '= ?';
      return `(${task} = ? AND rev = ? AND ${run} = ? AND ${request} ${sameRequest})`;
    });
    return conditions.join(' OR ');
  }

  /** Rows that a writing statement returns. */
  private async readWritten(sql: string, values: readonly Value[]): Promise<TaskIdRow[]> {
    const runner = this.source.createQueryRunner();
    try {
      const { records } = await runner.query(
        numberPlaceholders(this.columns.dialect, sql),
        [...values],
        true,
      );
      return records as TaskIdRow[];
    } finally {
      await runner.release();
    }
  }

  private async readRows<Row>(sql: string, values: readonly Value[]): Promise<Row[]> {
    return this.source.query(numberPlaceholders(this.columns.dialect, sql), [...values]);
  }

  private findColumn(field: keyof TrackedTask): string {
    return this.columns.find(field);
  }
}

function readTaskIds(rows: readonly TaskIdRow[]): ReadonlySet<string> {
  return new Set(rows.map(({ taskId }) => taskId));
}

function toNumber(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}
