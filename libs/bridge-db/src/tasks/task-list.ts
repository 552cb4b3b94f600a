import { Invalid, type TrackedTask } from '@bbb/rules';
import { type Dialect, listPlaceholders, numberPlaceholders } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import type { Database } from '../database.js';
import { type RawTaskRow, readTaskRows } from './read-task-row.js';

/** Which tracked tasks; everything that is given has to match. */
export interface TaskFilter {
  /**
   * creating: no build request is recorded; claimed and unclaimed: whether the run is claimed; missing: one side does
   * not know the task or the request.
   */
  state?: 'creating' | 'claimed' | 'unclaimed' | 'missing';
  /** Only claims that end before this time (epoch seconds). */
  claimedUntilBefore?: number;
}

/** claim: the most urgent claim first, unclaimed tasks last; age: longest tracked first; task: by task id. */
export type TaskSort = 'claim' | 'age' | 'task';

/** A page of tracked tasks, and the cursor to the next one. */
export interface TaskListPage {
  tasks: TrackedTask[];
  /** For each of the tasks, the cursor to what follows it. */
  cursors: string[];
  next?: string;
}

/** Tracked tasks: all, those whose run is claimed, those without a build request, those that one side does not know. */
export interface TaskCounts {
  tracked: number;
  claimed: number;
  creating: number;
  missing: number;
}

interface Statement {
  sql: string;
  values: Value[];
}

/** A place in a list: the part of the list, and the values of the last row there. */
interface Cursor {
  part: 'all' | 'claimed' | 'unclaimed';
  after: Value[];
}

/**
 * The `tasks` table for people: pages in several orders, each read from an index. Reads the Python bridge's table, too,
 * before it is migrated.
 */
export class TaskList {
  private source: DataSource | undefined;
  private isOurs = true;

  constructor(private readonly db: Database) {}

  /** The row of a task. In the Python bridge's table, which may have several, that of the newest run. */
  async get(taskId: string): Promise<TrackedTask | undefined> {
    const rows = await this.read((quote) => ({
      sql: `WHERE ${quote('taskId')} = ? ORDER BY ${quote('runId')} DESC`,
      values: [taskId],
    }));
    return readTaskRows(rows).read[0];
  }

  /** Rows in which a column has one of these values, in no particular order. */
  async findWhere(
    column: 'taskId' | 'buildrequestId',
    values: readonly (string | number)[],
  ): Promise<TrackedTask[]> {
    if (values.length === 0) return [];
    const rows = await this.read((quote) => ({
      sql: `WHERE ${quote(column)} IN (${listPlaceholders(values.length)})`,
      values: [...values],
    }));
    return readTaskRows(rows).read;
  }

  /** @throws Invalid when the cursor is none of this list */
  async page(filter: TaskFilter, sort: TaskSort, limit: number, cursor?: string): Promise<TaskListPage> {
    let { part, after } = cursor === undefined ? first(filter, sort) : parse(cursor);
    const tasks: TrackedTask[] = [];
    const cursors: string[] = [];
    const cursorBehind = (row: RawTaskRow) =>
      JSON.stringify({ part, after: placeOf(row, part, sort, this.isOurs) });
    for (;;) {
      const wanted = Math.max(1, limit - tasks.length);
      const rows = await this.read((quote) =>
        select({ part, after }, filter, sort, wanted, quote, this.isOurs),
      );
      for (const row of readTaskRows(rows).read) {
        const { id: _, ...task } = row;
        tasks.push(task);
        cursors.push(cursorBehind(row));
      }
      const last = rows.at(-1);
      // Rows that cannot be read count too: the page is shorter by them.
      if (rows.length === wanted && last) return { tasks, cursors, next: cursorBehind(last) };
      if (part !== 'claimed' || filter.state === 'claimed' || filter.claimedUntilBefore !== undefined)
        return { tasks, cursors };
      part = 'unclaimed';
      after = [];
    }
  }

  /** The number of tracked tasks. */
  async count(): Promise<number> {
    const [row] = await this.query<{ n: unknown }>(() => ({
      sql: 'SELECT COUNT(*) AS n FROM tasks',
      values: [],
    }));
    return Number(row?.n);
  }

  /** The numbers of tracked tasks, all and by state, in one walk. */
  async countByState(): Promise<TaskCounts> {
    const [row] = await this.query<Record<keyof TaskCounts, unknown>>((quote) => ({
      sql:
        `SELECT COUNT(*) AS tracked, COUNT(${quote('takenUntil')}) AS claimed, ` +
        `COUNT(*) - COUNT(${quote('buildrequestId')}) AS creating, ` +
        `${this.isOurs ? `COUNT(${quote('missingSince')})` : '0'} AS missing FROM tasks`,
      values: [],
    }));
    const { tracked, claimed, creating, missing } = row!;
    return {
      tracked: Number(tracked),
      claimed: Number(claimed),
      creating: Number(creating),
      missing: Number(missing),
    };
  }

  private read(rest: (quote: Quote) => Statement): Promise<RawTaskRow[]> {
    return this.query((quote) => {
      const { sql, values } = rest(quote);
      return { sql: `SELECT ${columns(quote, this.isOurs)} FROM tasks ${sql}`, values };
    });
  }

  private query<Row>(build: (quote: Quote) => Statement): Promise<Row[]> {
    return this.db.run(async (source) => {
      await this.recognise(source);
      const { type } = source.options;
      const dialect: Dialect = type === 'mysql' || type === 'postgres' ? type : 'sqlite';
      const { sql, values } = build((name) => source.driver.escape(name));
      return source.query<Row[]>(numberPlaceholders(dialect, sql), values);
    });
  }

  /** @throws Invalid when there is no table of tasks */
  private async recognise(source: DataSource): Promise<void> {
    if (this.source === source) return;
    const runner = source.createQueryRunner();
    try {
      if (!(await runner.hasTable('tasks')))
        throw new Invalid('the bridge database has no table of tasks yet: run `buildbot-bridge migrate`');
      this.isOurs = await runner.hasColumn('tasks', 'rev');
      this.source = source;
    } finally {
      await runner.release();
    }
  }
}

type Quote = (name: string) => string;
type Value = string | number;

/** What tells rows with the same value apart; the Python bridge's table has no id. */
const tieOf = (isOurs: boolean) => (isOurs ? 'id' : 'taskId');

function columns(quote: Quote, isOurs: boolean): string {
  const taken = `${quote('buildrequestId')} AS ${quote('buildRequestId')}`;
  const same = ['taskId', 'createdDate', 'processedDate', 'takenUntil'].map(quote);
  const own = isOurs
    ? ['id', 'runId', 'buildId', 'missingSince', 'rev'].map(quote)
    : [
        `0 AS ${quote('id')}`,
        `COALESCE(${quote('runId')}, 0) AS ${quote('runId')}`,
        `NULL AS ${quote('buildId')}`,
        `NULL AS ${quote('missingSince')}`,
        `0 AS ${quote('rev')}`,
      ];
  return [taken, ...same, ...own].join(', ');
}

function conditions({ state, claimedUntilBefore }: TaskFilter, quote: Quote, isOurs: boolean): Statement {
  const parts: string[] = [];
  if (state === 'creating') parts.push(`${quote('buildrequestId')} IS NULL`);
  if (state === 'claimed') parts.push(`${quote('takenUntil')} IS NOT NULL`);
  if (state === 'unclaimed') parts.push(`${quote('takenUntil')} IS NULL`);
  if (state === 'missing') parts.push(isOurs ? `${quote('missingSince')} IS NOT NULL` : '1 = 0');
  if (claimedUntilBefore !== undefined) parts.push(`${quote('takenUntil')} < ?`);
  return {
    sql: parts.length === 0 ? '1 = 1' : parts.join(' AND '),
    values: claimedUntilBefore === undefined ? [] : [Math.ceil(claimedUntilBefore)],
  };
}

function first(filter: TaskFilter, sort: TaskSort): Cursor {
  if (sort !== 'claim') return { part: 'all', after: [] };
  return { part: filter.state === 'unclaimed' ? 'unclaimed' : 'claimed', after: [] };
}

function select(
  { part, after }: Cursor,
  filter: TaskFilter,
  sort: TaskSort,
  limit: number,
  quote: Quote,
  isOurs: boolean,
): Statement {
  const { sql, values } = conditions(filter, quote, isOurs);
  const parts = [sql];
  const tie = quote(tieOf(isOurs));
  const [key, order] =
    part === 'claimed'
      ? [quote('takenUntil'), `${quote('takenUntil')}, ${tie}`]
      : part === 'all' && sort === 'task'
        ? [quote('taskId'), quote('taskId')]
        : [tie, tie];
  if (part !== 'all') parts.push(`${quote('takenUntil')} IS ${part === 'claimed' ? 'NOT NULL' : 'NULL'}`);
  if (after.length === 1) parts.push(`${key} > ?`);
  if (after.length === 2) parts.push(`${key} >= ? AND (${key} > ? OR ${tie} > ?)`);
  const place = after.length === 2 ? [after[0]!, after[0]!, after[1]!] : after;
  return {
    sql: `WHERE ${parts.join(' AND ')} ORDER BY ${order} LIMIT ${limit}`,
    values: [...values, ...place],
  };
}

function placeOf(row: RawTaskRow, part: Cursor['part'], sort: TaskSort, isOurs: boolean): Value[] {
  const tie = row[tieOf(isOurs)] as Value;
  if (part === 'claimed') return [row.takenUntil as Value, tie];
  return [part === 'all' && sort === 'task' ? (row.taskId as Value) : tie];
}

function parse(cursor: string): Cursor {
  try {
    const { part, after } = JSON.parse(cursor) as Cursor;
    const isPlace =
      Array.isArray(after) && after.every((value) => ['string', 'number'].includes(typeof value));
    if (['all', 'claimed', 'unclaimed'].includes(part) && isPlace && after.length <= 2)
      return { part, after };
  } catch {
    // Not JSON.
  }
  throw new Invalid('not a cursor of this list');
}
