import type { SchedulerSchema } from '../schema/recognise-schema.js';
import type { Statement } from '../connection/sql.js';

/**
 * Finds out whether a build's number now names another build of the same builder on the same master. A master that
 * was killed gives the numbers of its unfinished builds out again, while their rows stay without an end.
 *
 * Requests that share one build share its number too; they were claimed at the same moment.
 */
export function findNumberReuse(buildId: number, schema: SchedulerSchema): Statement {
  const isColumns = schema.claims === 'columns';
  const claims = isColumns
    ? ''
    : 'JOIN buildrequest_claims mine ON mine.brid = r.id JOIN buildrequest_claims theirs ON theirs.brid = other.id ';
  const sameMaster = isColumns
    ? 'other.claimed_by_name = r.claimed_by_name AND other.claimed_at <> r.claimed_at'
    : 'theirs.objectid = mine.objectid AND theirs.claimed_at <> mine.claimed_at';
  return {
    sql:
      'SELECT later.id AS id FROM builds b JOIN buildrequests r ON r.id = b.brid ' +
      'JOIN builds later ON later.number = b.number AND later.id > b.id AND later.brid <> b.brid ' +
      'JOIN buildrequests other ON other.id = later.brid AND other.buildername = r.buildername ' +
      `${claims}WHERE b.id = ? AND ${sameMaster} LIMIT 1`,
    values: [buildId],
  };
}
