import type { RequestKey } from '@bbb/rules';
import {
  formatExternalId,
  isOfRun,
  keepOnePerRequest,
  MARK_COLUMNS,
  joinMarks,
  namesRun,
  RUN_PROPERTY,
} from './request-rows.js';
import type { Row, Statement } from '../connection/sql.js';

/**
 * Finds the requests that keys may mean. `external_idstring` has no index; `submitted_at` has, and few buildsets
 * share a second.
 *
 * A buildset without a request, which a crash can leave on MyISAM, is not found: masters look for requests only, so
 * it is dead weight, and nobody knows which of its properties were written. A complete new one is made instead.
 */
export function findByKeys(keys: readonly RequestKey[]): Statement {
  const list = keys.map(() => '?').join(', ');
  return {
    sql:
      `SELECT br.id AS id, bs.submitted_at AS submitted_at, ${MARK_COLUMNS} ` +
      'FROM buildsets bs JOIN buildrequests br ON br.buildsetid = bs.id ' +
      `${joinMarks('bs.id')} WHERE bs.submitted_at IN (${list}) AND bs.external_idstring IN (${list}) ORDER BY br.id`,
    values: [RUN_PROPERTY, ...keys.map(({ scheduledAt }) => scheduledAt), ...keys.map(formatExternalId)],
  };
}

/**
 * The request that belongs to a key among those found: the one made for its run, else one that names no run, as the
 * original bridge made them.
 */
export function chooseRequest(rows: readonly Row[], key: RequestKey): number | undefined {
  // MySQL compares text without case; task ids are case-sensitive.
  const ours = keepOnePerRequest(rows).filter(
    (row) => row.external_id === formatExternalId(key) && Number(row.submitted_at) === key.scheduledAt,
  );
  const found = ours.find((row) => isOfRun(row, key.createdForRunId)) ?? ours.find((row) => !namesRun(row));
  return found && Number(found.id);
}
