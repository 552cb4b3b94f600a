import type { MarkedRequest } from '@bbb/rules';
import { runOf } from './find-by-key.js';
import { REASON_PATTERN, RUN_PROPERTY, taskIdOf } from './request-rows.js';
import type { Row, Statement } from './sql.js';

/** Reads a page of open requests that a bridge made. `complete` is indexed, and few requests are open. */
export function readMarked(afterBuildRequestId: number, limit: number): Statement {
  return {
    sql:
      'SELECT br.id AS id, br.submitted_at AS submitted_at, bs.reason AS reason, p.property_value AS run ' +
      'FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid ' +
      'LEFT JOIN buildset_properties p ON p.buildsetid = bs.id AND p.property_name = ? ' +
      'WHERE br.complete = 0 AND br.id > ? AND bs.reason LIKE ? ORDER BY br.id LIMIT ?',
    values: [RUN_PROPERTY, afterBuildRequestId, REASON_PATTERN, limit],
  };
}

export function marked(rows: readonly Row[]): MarkedRequest[] {
  return rows.flatMap((row) => {
    const taskId = taskIdOf(row.reason as string);
    if (taskId === undefined) return [];
    return {
      buildRequestId: Number(row.id),
      taskId,
      submittedAt: Number(row.submitted_at),
      createdForRunId: runOf(row.run),
    };
  });
}
