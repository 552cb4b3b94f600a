import type { TrackedTask } from '@bbb/rules';
import { type Dialect, listPlaceholders, numberPlaceholders } from '@bbb/sql';
import type { DataSource } from 'typeorm';

/** Columns of `tasks` that are not called as in the port. */
const COLUMN_OF: Partial<Record<keyof TrackedTask, string>> = { buildRequestId: 'buildrequestId' };

const FIELDS = [
  'taskId',
  'runId',
  'buildRequestId',
  'buildId',
  'createdDate',
  'processedDate',
  'takenUntil',
  'missingSince',
  'rev',
] as const satisfies (keyof TrackedTask)[];

type Value = string | number | null;

/** A change of a row, decided on its revision. */
export interface RowChange {
  from: TrackedTask;
  to: TrackedTask;
  /** What differs, besides the revision. */
  fields: readonly (keyof TrackedTask)[];
}

/** The statements on the `tasks` table, each of them about many rows at once. */
export class TaskTable {
  private readonly dialect: Dialect;
  private readonly read: string;

  constructor(readonly source: DataSource) {
    const { type } = source.options;
    this.dialect = type === 'mysql' || type === 'postgres' ? type : 'sqlite';
    this.read = (['id', ...FIELDS] as const)
      .map((field) => `${this.column(field)} AS ${this.quoted(field)}`)
      .join(', ');
  }

  /** Rows in which a field has one of these values, in no particular order. */
  async where<Field extends keyof TrackedTask | 'id'>(
    field: Field,
    values: readonly Value[],
  ): Promise<(TrackedTask & { id: number })[]> {
    const sql = `SELECT ${this.read} FROM tasks WHERE ${this.column(field)} IN (${listPlaceholders(values.length)})`;
    return this.rows(sql, values);
  }

  /** Ids and ends of claims of all rows, by the end and then the id; where NULL comes differs by database. */
  async byUrgency(): Promise<{ id: number; takenUntil: number | null }[]> {
    const [id, takenUntil] = [this.column('id'), this.column('takenUntil')];
    return this.rows(`SELECT ${id}, ${takenUntil} FROM tasks ORDER BY ${takenUntil}, ${id}`, []);
  }

  /** @throws the driver's error when one of them is there already; then none is inserted */
  async insert(tasks: readonly TrackedTask[]): Promise<void> {
    const columns = FIELDS.map((field) => this.column(field)).join(', ');
    const row = `(${listPlaceholders(FIELDS.length)})`;
    await this.affected(
      `INSERT INTO tasks (${columns}) VALUES ${tasks.map(() => row).join(', ')}`,
      tasks.flatMap((task) => FIELDS.map((field) => task[field])),
    );
  }

  /** Changes rows that are still as they were, of different tasks and in the same fields. @returns how many */
  async change(changes: readonly RowChange[]): Promise<number> {
    const values: Value[] = [];
    const sets = changes[0]!.fields.map((field) => {
      // Without a type PostgreSQL takes a parameter of CASE for text.
      const cases = changes.map(({ from, to }) => {
        values.push(from.taskId, to[field]);
        return this.dialect === 'postgres' ? 'WHEN ? THEN ?::integer' : 'WHEN ? THEN ?';
      });
      return `${this.column(field)} = CASE ${this.column('taskId')} ${cases.join(' ')} END`;
    });
    const rows = changes.map(({ from }) => this.unchanged(from, values)).join(' OR ');
    return this.affected(`UPDATE tasks SET ${[...sets, 'rev = rev + 1'].join(', ')} WHERE ${rows}`, values);
  }

  /** Deletes rows that are still as they were. @returns how many */
  async remove(tasks: readonly TrackedTask[]): Promise<number> {
    const values: Value[] = [];
    const rows = tasks.map((task) => this.unchanged(task, values)).join(' OR ');
    return this.affected(`DELETE FROM tasks WHERE ${rows}`, values);
  }

  /**
   * The revision decides; run and request are compared too, because a row that was forgotten and tracked anew counts
   * from 0 again.
   */
  private unchanged({ taskId, rev, runId, buildRequestId }: TrackedTask, values: Value[]): string {
    values.push(taskId, rev, runId);
    if (buildRequestId !== null) values.push(buildRequestId);
    const request = buildRequestId === null ? 'IS NULL' : '= ?';
    const [task, run, brid] = [this.column('taskId'), this.column('runId'), this.column('buildRequestId')];
    return `(${task} = ? AND rev = ? AND ${run} = ? AND ${brid} ${request})`;
  }

  private async rows<Row>(sql: string, values: readonly Value[]): Promise<Row[]> {
    return this.source.query(numberPlaceholders(this.dialect, sql), [...values]);
  }

  private async affected(sql: string, values: readonly Value[]): Promise<number> {
    const runner = this.source.createQueryRunner();
    try {
      const result = await runner.query(numberPlaceholders(this.dialect, sql), [...values], true);
      return result.affected ?? 0;
    } finally {
      await runner.release();
    }
  }

  private column(field: keyof TrackedTask | 'id'): string {
    return this.quoted(field === 'id' ? field : (COLUMN_OF[field] ?? field));
  }

  private quoted(name: string): string {
    return this.source.driver.escape(name);
  }
}
