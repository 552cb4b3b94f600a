import type { Statement } from '../connection/sql.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';

/** Seconds between the rows of one build: a master writes one for each request, one after the other. */
const SPREAD = 60;

/**
 * Finds the other open requests that a running build serves. Buildbot merges requests of one builder with equal source
 * stamps: it writes one row of `builds` for each of them, with the same number and (nearly) the same start. A claim may
 * be lost while its build runs, so that a request without one counts too: rather one too many than one too few.
 */
export function selectSharers(buildId: number, schema: SchedulerSchema): Statement {
  const isInColumns = schema.claims === 'columns';
  const claims = isInColumns
    ? ''
    : 'LEFT JOIN buildrequest_claims mine ON mine.brid = br.id LEFT JOIN buildrequest_claims theirs ON theirs.brid = other.id ';
  const sameMaster = isInColumns
    ? 'other.claimed_by_name = br.claimed_by_name'
    : '(theirs.objectid = mine.objectid OR theirs.objectid IS NULL OR mine.objectid IS NULL)';
  return {
    sql:
      'SELECT DISTINCT other.id AS id FROM builds b JOIN buildrequests br ON br.id = b.brid ' +
      'JOIN builds shared ON shared.number = b.number AND shared.brid <> b.brid ' +
      'JOIN buildrequests other ON other.id = shared.brid AND other.buildername = br.buildername ' +
      `${claims}WHERE b.id = ? AND shared.finish_time IS NULL AND other.complete = 0 AND ${sameMaster} ` +
      `AND ABS(shared.start_time - b.start_time) <= ${SPREAD} ORDER BY id`,
    values: [buildId],
  };
}
