import { Invalid, type TrackedTask } from '@bbb/rules';

/** A row of `tasks` as a driver returns it, its columns named as in the port. */
export type RawTaskRow = Record<keyof TrackedTask | 'id', unknown>;

/** A row of `tasks` and its id in the table. */
export type ReadTaskRow = TrackedTask & { id: number };

/** A row of `tasks` that cannot be read; its columns as they were found. */
export interface UnreadableTaskRow {
  id: unknown;
  taskId: unknown;
  buildRequestId: unknown;
  error: Invalid;
}

/** Reads rows one by one, so that one that cannot be read does not keep the others from being read. */
export function readTaskRows(rows: readonly RawTaskRow[]): {
  read: ReadTaskRow[];
  unreadable: UnreadableTaskRow[];
} {
  const read: ReadTaskRow[] = [];
  const unreadable: UnreadableTaskRow[] = [];
  for (const row of rows) {
    const problem = findProblem(row);
    if (problem === undefined) read.push(row as ReadTaskRow);
    else {
      const { id, taskId, buildRequestId } = row;
      const error = new Invalid(`the row of task ${String(taskId)} cannot be read: ${problem}`);
      unreadable.push({ id, taskId, buildRequestId, error });
    }
  }
  return { read, unreadable };
}

/** A row without its id in the table; its fields one by one, because copying what is left over is slow. */
export function toTask(row: ReadTaskRow): TrackedTask {
  return {
    taskId: row.taskId,
    runId: row.runId,
    buildRequestId: row.buildRequestId,
    buildId: row.buildId,
    createdDate: row.createdDate,
    processedDate: row.processedDate,
    takenUntil: row.takenUntil,
    missingSince: row.missingSince,
    rev: row.rev,
  };
}

const REQUIRED = ['id', 'runId', 'rev'] as const;

const NULLABLE = [
  'buildRequestId',
  'buildId',
  'createdDate',
  'processedDate',
  'takenUntil',
  'missingSince',
] as const;

/** SQLite takes any value in any column. */
function findProblem(row: RawTaskRow): string | undefined {
  if (typeof row.taskId !== 'string' || row.taskId === '') return 'taskId is not text';
  for (const field of REQUIRED)
    if (!Number.isSafeInteger(row[field])) return `${field} is not a whole number`;
  for (const field of NULLABLE)
    if (row[field] !== null && !Number.isSafeInteger(row[field])) return `${field} is not a whole number`;
  return undefined;
}
