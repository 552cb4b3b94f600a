import { belongsToRun, type RequestSnapshot, type TaskStatus, type TrackedTask } from '@bbb/rules';

/** The state of some rows' tasks and build requests on both sides. */
export interface Sides {
  /** By task id; the error when a status could not be read. */
  statuses: ReadonlyMap<string, TaskStatus | Error>;
  /** By build request id; the error when a request could not be read. Undefined while Buildbot is unavailable. */
  snapshots?: ReadonlyMap<number, RequestSnapshot | Error>;
  /** Why there are no snapshots. */
  failure?: Error;
}

/** A row, and what was read of both sides; undefined is what is missing or cannot be read. */
export interface ObservedRow {
  row: TrackedTask;
  status: TaskStatus | undefined;
  request: RequestSnapshot | undefined;
  buildbotUnavailable: boolean;
  /** Seconds for which a message about the task has been expected. */
  expectedFor: number;
  source: 'batched';
  /** Whether no absence is believed; undefined before it is judged. */
  absenceDoubted: boolean | undefined;
  /** Why the status cannot be read. */
  statusError?: Error | undefined;
  /** Why the request cannot be read, alone of all. */
  requestError?: Error | undefined;
}

/** Puts together what was read of a row; `expectedFor` is not known yet. */
export function observe(row: TrackedTask, { statuses, snapshots }: Sides): ObservedRow {
  const status = statuses.get(row.taskId);
  const snapshot = row.buildRequestId === null ? undefined : snapshots?.get(row.buildRequestId);
  const isStatus = !(status instanceof Error);
  const isSnapshot = !(snapshot instanceof Error);
  return {
    row,
    status: isStatus ? status : undefined,
    request: isSnapshot ? snapshot : undefined,
    buildbotUnavailable: !snapshots || !isSnapshot,
    expectedFor: 0,
    source: 'batched',
    absenceDoubted: undefined,
    statusError: isStatus ? undefined : status,
    requestError: isSnapshot ? undefined : snapshot,
  };
}

/** Rows that are reconciled with a judgement of what is missing. */
export function withDoubt(rows: readonly ObservedRow[], absenceDoubted: boolean): ObservedRow[] {
  return rows.map((observed) => ({ ...observed, absenceDoubted }));
}

/** Whether an available side does not know the row's task or build request. */
export function isMissing({ row, status, statusError, request, buildbotUnavailable }: ObservedRow): boolean {
  if (!status && !statusError) return true;
  if (row.buildRequestId === null || buildbotUnavailable) return false;
  return !request || !belongsToRun(row, request, status);
}
