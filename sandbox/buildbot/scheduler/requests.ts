import type { JsonValue } from '@bbb/rules';
import { places, type Statements } from './connection.js';
import type { SchedulerSchema } from './schema.js';

/** Name, value, and who set it. */
export type Property = [name: string, value: JsonValue, source: string];

/** A request with everything a master loads about it before it builds. */
export interface LoadedRequest {
  brid: number;
  buildsetId: number;
  /** Epoch seconds. */
  submittedAt: number;
  reason: string;
  branch: string | null;
  revision: string | null;
  repository: string;
  project: string;
  hasPatch: boolean;
  hasChanges: boolean;
  properties: Property[];
  /** Builds of it so far, from any master. */
  builds: number;
}

/** A row that Buildbot's own code cannot read: the master fails on it inside its picking loop, every time. */
export class Poison extends Error {
  override readonly name = 'Poison';

  constructor(
    readonly brid: number,
    why: string,
  ) {
    super(why);
  }
}

type Row = Omit<LoadedRequest, 'properties' | 'hasPatch' | 'hasChanges' | 'builds'> &
  Record<'patched' | 'changed' | 'builds', number | string>;

/**
 * Loads requests as a master does, in the order asked for.
 *
 * @throws Poison for the first one that the master's code cannot read
 */
export async function loadRequests(
  statements: Statements,
  schema: SchedulerSchema,
  brids: readonly number[],
): Promise<LoadedRequest[]> {
  if (brids.length === 0) return [];
  const sourcestamp = schema === 6 ? 'ss.id = bs.sourcestampid' : 'ss.sourcestampsetid = bs.sourcestampsetid';
  const quote = statements.dialect === 'mysql' ? '`' : '"';
  const as = (name: string) => `${quote}${name}${quote}`;
  const rows = await statements.rows<Row>(
    `SELECT br.id AS brid, bs.id AS ${as('buildsetId')}, br.submitted_at AS ${as('submittedAt')}, bs.reason AS reason,
        ss.branch AS branch, ss.revision AS revision, ss.repository AS repository, ss.project AS project,
        CASE WHEN ss.patchid IS NULL THEN 0 ELSE 1 END AS patched,
        (SELECT COUNT(*) FROM sourcestamp_changes sc WHERE sc.sourcestampid = ss.id) AS changed,
        (SELECT COUNT(*) FROM builds b WHERE b.brid = br.id) AS builds
      FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid JOIN sourcestamps ss ON ${sourcestamp}
      WHERE br.id IN (${places(brids)})`,
    brids,
  );
  const properties = await readProperties(statements, rows);
  const loaded = rows.map((row) => ({
    brid: row.brid,
    buildsetId: row.buildsetId,
    submittedAt: row.submittedAt,
    reason: row.reason ?? '',
    branch: ascii(row.brid, 'branch', row.branch),
    revision: ascii(row.brid, 'revision', row.revision),
    repository: row.repository,
    project: row.project,
    hasPatch: Number(row.patched) > 0,
    hasChanges: Number(row.changed) > 0,
    properties: properties.get(row.buildsetId) ?? [],
    builds: Number(row.builds),
  }));
  const byId = new Map(loaded.map((request) => [request.brid, request]));
  return brids.flatMap((brid) => byId.get(brid) ?? []);
}

async function readProperties(
  statements: Statements,
  rows: readonly { brid: number; buildsetId: number }[],
): Promise<Map<number, Property[]>> {
  const brids = new Map(rows.map((row) => [row.buildsetId, row.brid]));
  const properties = new Map<number, Property[]>();
  if (brids.size === 0) return properties;
  const found = await statements.rows<{ buildsetid: number; property_name: string; property_value: string }>(
    `SELECT buildsetid, property_name, property_value FROM buildset_properties
      WHERE buildsetid IN (${places([...brids])})`,
    [...brids.keys()],
  );
  for (const row of found) {
    const brid = brids.get(row.buildsetid)!;
    const list = properties.get(row.buildsetid) ?? [];
    const name = ascii(brid, 'property name', row.property_name)!;
    list.push([name, ...pair(brid, name, row.property_value)]);
    properties.set(row.buildsetid, list);
  }
  return properties;
}

function ascii(brid: number, what: string, text: string | null): string | null {
  // eslint-disable-next-line no-control-regex
  if (text !== null && /[^\x00-\x7f]/.test(text)) throw new Poison(brid, `${what} is not ASCII`);
  return text;
}

function pair(brid: number, name: string, text: string): [JsonValue, string] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Poison(brid, `property ${name} is not JSON`);
  }
  if (!Array.isArray(value) || value.length !== 2) throw new Poison(brid, `property ${name} is not a pair`);
  return value as [JsonValue, string];
}
