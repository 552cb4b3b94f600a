import { Invalid, type MarkedRequest } from '@bbb/rules';
import { requireNumber } from '../connection/columns.js';
import type { Row, Statement } from '../connection/sql.js';
import {
  keepOnePerRequest,
  MARK_COLUMNS,
  joinMarks,
  readRunId,
  readTaskId,
  REASON_PATTERN,
  RUN_PROPERTY,
} from './request-rows.js';

/**
 * Reads a page of open requests that a bridge made. `complete` is indexed, and few requests are open. The page is cut
 * before properties are joined, so that it never ends between two rows of one request.
 */
export function selectMarked(afterBuildRequestId: number, limit: number): Statement {
  return {
    sql:
      `SELECT bs.id AS id, bs.submitted_at AS submitted_at, ${MARK_COLUMNS} FROM ` +
      '(SELECT br.id AS id, br.submitted_at AS submitted_at, br.buildsetid AS buildsetid, s.reason AS reason, ' +
      's.external_idstring AS external_idstring FROM buildrequests br JOIN buildsets s ON s.id = br.buildsetid ' +
      'WHERE br.complete = 0 AND br.id > ? AND s.reason LIKE ? ORDER BY br.id LIMIT ?) bs ' +
      `${joinMarks('bs.buildsetid')} ORDER BY bs.id`,
    values: [afterBuildRequestId, REASON_PATTERN, limit, RUN_PROPERTY],
  };
}

/** A page of requests as the database returned it, and which of them are a bridge's. */
export interface MarkedPage {
  marked: MarkedRequest[];
  /** Requests of a bridge that cannot be read, by their ids. */
  unreadable: Map<number, Invalid>;
  /** Requests read, with those that only looked like a bridge's. */
  read: number;
  lastBuildRequestId: number | undefined;
}

export function toMarkedPage(rows: readonly Row[]): MarkedPage {
  const requests = keepOnePerRequest(rows);
  const unreadable = new Map<number, Invalid>();
  const marked = requests.flatMap((row) => {
    // LIKE compares without case in some databases.
    const taskId = typeof row.reason === 'string' ? readTaskId(row.reason) : undefined;
    if (taskId === undefined) return [];
    const buildRequestId = Number(row.id);
    try {
      const createdAt = requireNumber(row, 'submitted_at');
      return { buildRequestId, taskId, createdAt, createdForRunId: readRunId(row) };
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      unreadable.set(buildRequestId, error);
      return [];
    }
  });
  const last = requests.at(-1);
  return { marked, unreadable, read: requests.length, lastBuildRequestId: last && Number(last.id) };
}
