import type { JsonValue } from '@bbb/rules';
import type { SchedulerSchema, Statements } from '../buildbot/index.js';

/** A build request as Self Serve sees it. Times are epoch seconds, 0 for an absent claim. */
export interface RequestRow {
  brid: number;
  buildername: string;
  branch: string | null;
  revision: string | null;
  submitted_at: number;
  complete: number;
  complete_at: number | null;
  results: number | null;
  priority: number;
  claimed_at: number;
  claimed_by_name: string | null;
  reason: string | null;
  buildsetid: number;
}

export interface BuildRow {
  id: number;
  number: number;
  brid: number;
  start_time: number;
  finish_time: number | null;
}

const REQUEST: Record<SchedulerSchema, string> = {
  6: `SELECT br.id AS brid, br.buildername, ss.branch, ss.revision, br.submitted_at, br.complete, br.complete_at,
        br.results, br.priority, br.claimed_at, br.claimed_by_name, bs.reason, br.buildsetid
      FROM buildrequests br
        JOIN buildsets bs ON bs.id = br.buildsetid
        JOIN sourcestamps ss ON ss.id = bs.sourcestampid
      WHERE br.id = ?`,
  24: `SELECT br.id AS brid, br.buildername, ss.branch, ss.revision, br.submitted_at, br.complete, br.complete_at,
        br.results, br.priority, COALESCE(c.claimed_at, 0) AS claimed_at, o.name AS claimed_by_name, bs.reason,
        br.buildsetid
      FROM buildrequests br
        JOIN buildsets bs ON bs.id = br.buildsetid
        JOIN sourcestamps ss ON ss.sourcestampsetid = bs.sourcestampsetid
        LEFT JOIN buildrequest_claims c ON c.brid = br.id
        LEFT JOIN objects o ON o.id = c.objectid
      WHERE br.id = ?`,
};

export async function readRequest(
  statements: Statements,
  schema: SchedulerSchema,
  brid: number,
): Promise<RequestRow | undefined> {
  return (await statements.rows<RequestRow>(REQUEST[schema], [brid]))[0];
}

export async function readBuild(statements: Statements, id: number): Promise<BuildRow | undefined> {
  return (await statements.rows<BuildRow>('SELECT * FROM builds WHERE id = ?', [id]))[0];
}

/** All builds rows of a request, oldest first. */
export function readBuilds(statements: Statements, brid: number): Promise<BuildRow[]> {
  return statements.rows<BuildRow>('SELECT * FROM builds WHERE brid = ? ORDER BY id', [brid]);
}

/** The requests that share a build with this row: same builder, number and start. */
export function readMerged(statements: Statements, build: BuildRow): Promise<{ brid: number }[]> {
  return statements.rows<{ brid: number }>(
    `SELECT b.brid FROM builds b JOIN buildrequests br ON br.id = b.brid
      WHERE b.number = ? AND b.start_time = ?
        AND br.buildername = (SELECT buildername FROM buildrequests WHERE id = ?)
      ORDER BY b.id`,
    [build.number, build.start_time, build.brid],
  );
}

export async function readProperties(
  statements: Statements,
  buildsetid: number,
): Promise<Record<string, JsonValue>> {
  const rows = await statements.rows<{ property_name: string; property_value: string }>(
    'SELECT property_name, property_value FROM buildset_properties WHERE buildsetid = ?',
    [buildsetid],
  );
  return Object.fromEntries(
    rows.map((row) => [row.property_name, (JSON.parse(row.property_value) as JsonValue[])[0]!]),
  );
}
