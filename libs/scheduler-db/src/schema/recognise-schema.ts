import { Unavailable } from '@bbb/rules';

/** What differs between the scheduler databases of Buildbot 0.8.2 to 0.8.14, as far as a bridge sees it. */
export interface SchedulerSchema {
  version: number;
  /** Where a master's claim is: columns of `buildrequests` (until schema 10) or the table `buildrequest_claims`. */
  claims: 'columns' | 'table';
  /** Whether a buildset points to one source stamp (until schema 17) or to a set of them. */
  sourcestamps: 'single' | 'set';
  /** `sourcestamps.codebase` is there from schema 22 on. */
  codebase: boolean;
}

/** What was found in a database: the columns of each table, and the number its marker table holds. */
export interface FoundSchema {
  columns: ReadonlyMap<string, ReadonlySet<string>>;
  version: number | undefined;
}

const OLDEST = 6;
const NEWEST = 24;

const NEEDED: Record<string, readonly string[]> = {
  sourcestamps: ['id', 'branch', 'revision', 'repository', 'project'],
  buildsets: ['id', 'external_idstring', 'reason', 'submitted_at', 'complete'],
  buildset_properties: ['buildsetid', 'property_name', 'property_value'],
  buildrequests: [
    'id',
    'buildsetid',
    'buildername',
    'priority',
    'submitted_at',
    'complete',
    'results',
    'complete_at',
  ],
  builds: ['id', 'number', 'brid', 'finish_time'],
};

/** The table that holds the schema's number: `version` until schema 6, then that of sqlalchemy-migrate. */
export function findMarkerTable(columns: FoundSchema['columns']): string | undefined {
  return ['version', 'migrate_version'].find((table) => columns.get(table)?.has('version'));
}

/**
 * Says which schema a database has; the number must agree with the columns, which are what statements meet.
 *
 * @throws Unavailable naming what was found, when it is no scheduler database that the bridge can work with
 */
export function recogniseSchema({ columns, version }: FoundSchema): SchedulerSchema {
  if (version === undefined) {
    const tables = [...columns.keys()].sort().slice(0, 12).join(', ');
    throw createUnsupportedSchema(
      `neither a table "version" nor "migrate_version" (tables found: ${tables || 'none'})`,
    );
  }
  if (!Number.isInteger(version) || version < OLDEST || version > NEWEST) {
    throw createUnsupportedSchema(
      `schema ${version}; supported are ${OLDEST} (Buildbot 0.8.2) to ${NEWEST} (0.8.14)`,
    );
  }
  for (const [table, needed] of Object.entries(NEEDED)) {
    const missing = needed.filter((column) => !columns.get(table)?.has(column));
    if (missing.length > 0)
      throw createUnsupportedSchema(`schema ${version} without ${table}(${missing.join(', ')})`);
  }
  const schema: SchedulerSchema = {
    version,
    claims: version <= 10 ? 'columns' : 'table',
    sourcestamps: version <= 17 ? 'single' : 'set',
    codebase: version >= 22,
  };
  for (const [promised, found, what] of [
    [
      schema.claims === 'columns',
      columns.get('buildrequests')?.has('claimed_at'),
      'buildrequests.claimed_at',
    ],
    [schema.claims === 'table', columns.has('buildrequest_claims'), 'buildrequest_claims'],
    [schema.sourcestamps === 'set', columns.has('sourcestampsets'), 'sourcestampsets'],
    [schema.sourcestamps === 'set', columns.get('sourcestamps')?.has('sourcestampsetid'), 'sourcestampsetid'],
    [
      schema.sourcestamps === 'single',
      columns.get('buildsets')?.has('sourcestampid'),
      'buildsets.sourcestampid',
    ],
    [schema.codebase, columns.get('sourcestamps')?.has('codebase'), 'sourcestamps.codebase'],
  ] as const) {
    if (promised !== Boolean(found)) {
      throw createUnsupportedSchema(
        `schema ${version} ${promised ? 'without' : 'with'} ${what}, which contradicts its number`,
      );
    }
  }
  return schema;
}

function createUnsupportedSchema(found: string): Unavailable {
  return new Unavailable('scheduler-db', `not a scheduler database that the bridge knows: ${found}`);
}
