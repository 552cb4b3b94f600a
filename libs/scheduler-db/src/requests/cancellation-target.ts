import type { RequestSnapshot } from '@bbb/rules';
import { readText } from '../connection/columns.js';
import type { Row, Statement } from '../connection/sql.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { selectRequests, toSnapshots } from './snapshots.js';

/** A build request with what has to be known before it is cancelled, all of one moment. */
export interface CancellationTarget {
  snapshot: RequestSnapshot;
  /** The branch of its source stamp, by which alone Self Serve finds it; null where it has none. */
  branch: string | null;
  /** Whether the number of its newest build now names another request's build. */
  isNumberReused: boolean;
}

/**
 * Reads a request to be cancelled. One statement, so that key, build and number are of one database and one moment:
 * between two statements a switch-over or a restore could let the id name another request.
 *
 * A master that was killed gives the numbers of its unfinished builds out again, while their rows stay without an end.
 * Requests that share one build share its number too; they were claimed at the same moment.
 */
export function selectCancellationTarget(buildRequestId: number, schema: SchedulerSchema): Statement {
  const isInColumns = schema.claims === 'columns';
  const sameMaster = isInColumns
    ? 'other.claimed_by_name = br.claimed_by_name AND other.claimed_at <> br.claimed_at'
    : 'theirs.objectid = c.objectid AND theirs.claimed_at <> c.claimed_at';
  const stamp =
    schema.sourcestamps === 'single'
      ? 'ss.id = bs.sourcestampid'
      : 'ss.sourcestampsetid = bs.sourcestampsetid';
  return selectRequests([buildRequestId], schema, {
    columns:
      ', ss.id AS stamp_id, ss.branch AS branch, CASE WHEN EXISTS (SELECT 1 FROM builds later ' +
      'JOIN buildrequests other ON other.id = later.brid ' +
      (isInColumns ? '' : 'JOIN buildrequest_claims theirs ON theirs.brid = other.id ') +
      'WHERE later.number = b.number AND later.id > b.id AND later.brid <> b.brid ' +
      `AND other.buildername = br.buildername AND ${sameMaster}) THEN 1 ELSE 0 END AS number_reused`,
    joins: `LEFT JOIN sourcestamps ss ON ${stamp} `,
  });
}

/** @throws Invalid when the request cannot be read */
export function toCancellationTarget(
  rows: readonly Row[],
  schema: SchedulerSchema,
): CancellationTarget | undefined {
  const [snapshot] = toSnapshots(rows, schema).values();
  if (snapshot === undefined) return undefined;
  if (snapshot instanceof Error) throw snapshot;
  // A set may hold several source stamps: the first one counts.
  const [first, ...others] = rows;
  const stamp = others.reduce(
    (least, row) => (Number(row.stamp_id) < Number(least.stamp_id) ? row : least),
    first!,
  );
  const newest = rows.reduce(
    (latest, row) => (Number(row.build_id) > Number(latest.build_id) ? row : latest),
    first!,
  );
  return { snapshot, branch: readText(stamp, 'branch'), isNumberReused: Number(newest.number_reused) === 1 };
}
