import { describe, expect, it } from '@jest/globals';
import { type FoundSchema, findMarkerTable, recogniseSchema } from './recognise-schema.js';

const COMMON = {
  sourcestamps: ['id', 'branch', 'revision', 'patchid', 'repository', 'project'],
  buildsets: ['id', 'external_idstring', 'reason', 'submitted_at', 'complete', 'complete_at', 'results'],
  buildset_properties: ['buildsetid', 'property_name', 'property_value'],
  buildrequests: [
    'id',
    'buildsetid',
    'buildername',
    'priority',
    'complete',
    'results',
    'submitted_at',
    'complete_at',
  ],
  builds: ['id', 'number', 'brid', 'start_time', 'finish_time'],
};

type Tables = Record<string, string[]>;
const plus = (tables: Tables, more: Tables): Tables => {
  const sum = { ...tables };
  for (const [table, columns] of Object.entries(more)) sum[table] = [...(sum[table] ?? []), ...columns];
  return sum;
};
const found = (version: number | undefined, tables: Tables): FoundSchema => {
  return {
    version,
    columns: new Map(Object.entries(tables).map(([name, columns]) => [name, new Set(columns)])),
  };
};

const STAMP = { buildsets: ['sourcestampid'] };
const CLAIM_COLUMNS = { buildrequests: ['claimed_at', 'claimed_by_name', 'claimed_by_incarnation'] };
const CLAIM_TABLE = { buildrequest_claims: ['brid', 'objectid', 'claimed_at'] };
const SET = { sourcestampsets: ['id'], sourcestamps: ['sourcestampsetid'], buildsets: ['sourcestampsetid'] };
const CODEBASE = { sourcestamps: ['codebase'] };

const V6 = plus(plus(COMMON, STAMP), CLAIM_COLUMNS);
const V14 = plus(plus(COMMON, STAMP), CLAIM_TABLE);
const V21 = plus(plus(COMMON, CLAIM_TABLE), SET);
const V22 = plus(V21, CODEBASE);

describe('recogniseSchema', () => {
  it.each([
    [6, V6, { claims: 'columns', sourcestamps: 'single', codebase: false }],
    [8, V6, { claims: 'columns', sourcestamps: 'single', codebase: false }],
    [14, V14, { claims: 'table', sourcestamps: 'single', codebase: false }],
    [21, V21, { claims: 'table', sourcestamps: 'set', codebase: false }],
    [22, V22, { claims: 'table', sourcestamps: 'set', codebase: true }],
    [24, V22, { claims: 'table', sourcestamps: 'set', codebase: true }],
  ])('knows schema %s', (version, tables, expected) => {
    expect(recogniseSchema(found(version, tables))).toEqual({ version, ...expected });
  });

  it.each([
    [undefined, {}, /neither a table "version".*tables found: none/],
    [undefined, { tasks: ['taskId'] }, /tables found: tasks/],
    [5, V6, /schema 5; supported are 6 .* to 24/],
    [55, V22, /schema 55; supported/],
    [6, plus(COMMON, STAMP), /schema 6 without buildrequests.claimed_at/],
    [24, V14, /schema 24 without sourcestampsets/],
    [14, V21, /schema 14 with sourcestampsets/],
    [24, V21, /schema 24 without sourcestamps.codebase/],
    [14, V6, /schema 14 with buildrequests.claimed_at/],
    [6, { ...V6, builds: ['id'] }, /schema 6 without builds\(number, brid, finish_time\)/],
  ])('refuses schema %s of %j, naming what was found', (version, tables, message) => {
    const recognise = () => recogniseSchema(found(version, tables));
    expect(recognise).toThrow(message);
    expect(recognise).toThrow(expect.objectContaining({ name: 'Unavailable', system: 'scheduler-db' }));
  });
});

describe('markerTable', () => {
  it('is the old one, the new one, or none', () => {
    const columns = (tables: Tables) => found(undefined, tables).columns;
    expect(findMarkerTable(columns({ version: ['version'] }))).toBe('version');
    expect(findMarkerTable(columns({ migrate_version: ['repository_id', 'version'] }))).toBe(
      'migrate_version',
    );
    expect(findMarkerTable(columns({ tasks: ['taskId'] }))).toBeUndefined();
  });
});
