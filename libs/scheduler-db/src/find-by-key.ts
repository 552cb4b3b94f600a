import type { RequestKey } from '@bbb/rules';
import { externalId, RUN_PROPERTY } from './request-rows.js';
import { numeric, type Row, type Statement } from './sql.js';

/**
 * Finds the requests that keys may mean. `external_idstring` has no index; `submitted_at` has, and few buildsets
 * share a second.
 *
 * A buildset without a request, which a crash can leave on MyISAM, is not found: masters look for requests only, so
 * it is dead weight, and nobody knows which of its properties were written. A complete new one is made instead.
 */
export function lookUp(keys: readonly RequestKey[]): Statement {
  const list = keys.map(() => '?').join(', ');
  return {
    sql:
      'SELECT br.id AS id, bs.external_idstring AS external_id, bs.submitted_at AS submitted_at, p.property_value AS run ' +
      'FROM buildsets bs JOIN buildrequests br ON br.buildsetid = bs.id ' +
      'LEFT JOIN buildset_properties p ON p.buildsetid = bs.id AND p.property_name = ? ' +
      `WHERE bs.submitted_at IN (${list}) AND bs.external_idstring IN (${list}) ORDER BY br.id`,
    values: [RUN_PROPERTY, ...keys.map(({ submittedAt }) => submittedAt), ...keys.map(externalId)],
  };
}

/**
 * The request that belongs to a key among those found: the one made for its run, else one that names no run, as the
 * original bridge made them.
 */
export function chosen(rows: readonly Row[], key: RequestKey): number | undefined {
  // MySQL compares text without case; task ids are case-sensitive.
  const ours = rows.filter(
    (row) => row.external_id === externalId(key) && numeric(row.submitted_at) === key.submittedAt,
  );
  const made =
    ours.find(({ run }) => runOf(run) === key.createdForRunId) ?? ours.find(({ run }) => run === null);
  return made && Number(made.id);
}

/** The run named in a property's JSON pair; null when there is none, or none that can be read. */
export function runOf(pair: unknown): number | null {
  if (typeof pair !== 'string') return null;
  try {
    const [value] = JSON.parse(pair) as unknown[];
    return Number.isInteger(value) ? (value as number) : null;
  } catch {
    return null;
  }
}
