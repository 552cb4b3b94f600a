import type { ModernDatabase } from '../database/database.js';
import type { Table } from '../database/table.js';
import type { Fields, ResultSpec } from './result-spec.js';

/** One collection of the data API: a table with the fields that it shows. */
export interface Collection {
  fields: Fields;
  rows(database: ModernDatabase, spec: ResultSpec): object[];
}

const INTEGER = 'integer' as const;
const TEXT = 'string' as const;
const YES_OR_NO = 'boolean' as const;
const LIST = 'list' as const;

const RESULT = { complete: YES_OR_NO, complete_at: INTEGER, results: INTEGER };

function collection<R extends object>(
  fields: Fields,
  table: (database: ModernDatabase) => Table<R, keyof R & string>,
): Collection {
  return { fields, rows: (database, spec) => spec.select(table(database)) };
}

export const COLLECTIONS: Readonly<Record<string, Collection>> = {
  masters: collection(
    { masterid: INTEGER, name: TEXT, active: YES_OR_NO, last_active: INTEGER },
    ({ masters }) => masters,
  ),
  builders: collection(
    { builderid: INTEGER, name: TEXT, description: TEXT, tags: LIST, masterids: LIST },
    ({ builders }) => builders,
  ),
  workers: collection(
    {
      ...{ workerid: INTEGER, name: TEXT, paused: YES_OR_NO, graceful: YES_OR_NO },
      ...{ connected_to: LIST, configured_on: LIST },
    },
    ({ workers }) => workers,
  ),
  buildsets: collection(
    {
      ...{ bsid: INTEGER, external_idstring: TEXT, reason: TEXT, submitted_at: INTEGER, sourcestamps: LIST },
      ...{ parent_buildid: INTEGER, rebuilt_buildid: INTEGER },
      ...RESULT,
    },
    ({ buildsets }) => buildsets,
  ),
  buildrequests: {
    fields: {
      ...{ buildrequestid: INTEGER, buildsetid: INTEGER, builderid: INTEGER, priority: INTEGER },
      ...{ submitted_at: INTEGER, claimed: YES_OR_NO, claimed_at: INTEGER, claimed_by_masterid: INTEGER },
      ...{ waited_for: YES_OR_NO, ...RESULT },
    },
    rows: ({ requests }, spec) => {
      const found = spec.select(requests);
      // Of several values the first is used.
      const [set] = spec.take('buildsetid');
      return set === undefined ? found : found.filter(({ buildsetid }) => buildsetid === set);
    },
  },
  builds: {
    fields: {
      ...{
        buildid: INTEGER,
        number: INTEGER,
        builderid: INTEGER,
        buildrequestid: INTEGER,
        workerid: INTEGER,
      },
      ...{ masterid: INTEGER, started_at: INTEGER, state_string: TEXT, ...RESULT },
    },
    rows: ({ builds }, spec) => {
      const requested = spec.take('buildrequestid');
      // Several values are ignored without a word.
      if (requested.length === 1) return [...builds.of('buildrequestid', requested[0] as number)];
      return spec.select(builds);
    },
  },
  steps: collection(
    {
      ...{ stepid: INTEGER, buildid: INTEGER, number: INTEGER, name: TEXT, started_at: INTEGER },
      ...{ state_string: TEXT, ...RESULT },
    },
    ({ steps }) => steps,
  ),
  logs: collection(
    {
      ...{ logid: INTEGER, stepid: INTEGER, name: TEXT, slug: TEXT, type: TEXT, num_lines: INTEGER },
      complete: YES_OR_NO,
    },
    ({ logs }) => logs,
  ),
};

/** The name of a row's id. */
export const IDS: Readonly<Record<string, string>> = {
  ...{ masters: 'masterid', builders: 'builderid', workers: 'workerid', buildsets: 'bsid' },
  ...{ buildrequests: 'buildrequestid', builds: 'buildid', steps: 'stepid', logs: 'logid' },
};
