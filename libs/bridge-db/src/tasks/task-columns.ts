import type { TrackedTask } from '@bbb/rules';
import type { Dialect } from '@bbb/sql';
import type { DataSource } from 'typeorm';

/** Columns of `tasks` that are not called as in the port. */
const COLUMN_OF: Partial<Record<keyof TrackedTask, string>> = { buildRequestId: 'buildrequestId' };

export const FIELDS = [
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

/** The columns of `tasks` as one kind of database writes their names. */
export class TaskColumns {
  readonly dialect: Dialect;
  /** The list of a SELECT of whole rows. */
  readonly selected: string;

  constructor(private readonly source: DataSource) {
    const { type } = source.options;
    this.dialect = type === 'mysql' || type === 'postgres' ? type : 'sqlite';
    this.selected = (['id', ...FIELDS] as const)
      .map((field) => `${this.find(field)} AS ${this.quote(field)}`)
      .join(', ');
  }

  find(field: keyof TrackedTask | 'id'): string {
    return this.quote(field === 'id' ? field : (COLUMN_OF[field] ?? field));
  }

  quote(name: string): string {
    return this.source.driver.escape(name);
  }
}
