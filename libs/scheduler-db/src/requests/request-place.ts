import type { RequestPlace } from '@bbb/rules';
import { readNumber } from '../connection/columns.js';
import type { Row, Statement } from '../connection/sql.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';

/** What the database tells of a request's place. */
export type PlaceInDatabase = Pick<RequestPlace, 'submittedAt' | 'ahead' | 'building'>;

/** Counts the open requests of a request's builder. Masters take the highest priority first, then the oldest request. */
export function selectPlace(buildRequestId: number, schema: SchedulerSchema): Statement {
  const isInColumns = schema.claims === 'columns';
  const open = (condition: string) =>
    '(SELECT COUNT(*) FROM buildrequests o ' +
    (isInColumns ? '' : 'LEFT JOIN buildrequest_claims c ON c.brid = o.id ') +
    `WHERE o.buildername = br.buildername AND o.complete = 0 AND ${condition})`;
  const isClaimed = isInColumns ? 'o.claimed_at > 0' : 'c.brid IS NOT NULL';
  const isUnclaimed = isInColumns ? '(o.claimed_at = 0 OR o.claimed_at IS NULL)' : 'c.brid IS NULL';
  const isFirst =
    '(o.priority > br.priority OR (o.priority = br.priority AND (o.submitted_at < br.submitted_at OR ' +
    '(o.submitted_at = br.submitted_at AND o.id < br.id))))';
  return {
    sql:
      `SELECT br.submitted_at AS submitted_at, ${open(`${isUnclaimed} AND ${isFirst}`)} AS ahead, ` +
      `${open(isClaimed)} AS building FROM buildrequests br WHERE br.id = ?`,
    values: [buildRequestId],
  };
}

/** @throws Invalid when a column cannot be read */
export function toPlace([row = {}]: readonly Row[]): PlaceInDatabase {
  return {
    submittedAt: readNumber(row, 'submitted_at'),
    ahead: readNumber(row, 'ahead'),
    building: readNumber(row, 'building'),
  };
}
