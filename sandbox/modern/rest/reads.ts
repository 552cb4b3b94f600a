import type { ModernDatabase } from '../database/database.js';
import type { Properties } from '../database/rows.js';
import type { MasterProcess } from '../master/process.js';
import { PROTOCOL } from '../schedulers/bridge-scheduler.js';
import { RestError } from './answers.js';
import { COLLECTIONS, IDS } from './collections.js';
import { ResultSpec } from './result-spec.js';

type Row = Record<string, unknown>;

/** What a path leads to. */
export type Found = { raw: string } | { json: object };

/** The rows below a row, by the collection's name. */
const BELOW: Readonly<Record<string, (database: ModernDatabase, id: number) => readonly object[]>> = {
  'builders/builds': ({ builds }, id) => builds.of('builderid', id),
  'builders/buildrequests': ({ requests }, id) => requests.all().filter(({ builderid }) => builderid === id),
  'builders/workers': ({ workers }, id) =>
    workers.all().filter(({ configured_on: places }) => places.some(({ builderid }) => builderid === id)),
  'buildrequests/builds': ({ builds }, id) => builds.of('buildrequestid', id),
  'builds/steps': ({ steps }, id) => steps.of('buildid', id),
  'steps/logs': ({ logs }, id) => logs.of('stepid', id),
};

/**
 * Answers GET below /api/v2.
 *
 * @throws RestError
 */
export function read(process: MasterProcess, path: string, query: URLSearchParams): Found {
  const { database } = process.context;
  const [first = '', ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent);
  if (first === '') return { json: { meta: { links: [], total: 0 }, rootlinks: [] } };
  if (first === 'forceschedulers') return readSchedulers(process, rest[0]);
  if (!Object.hasOwn(COLLECTIONS, first)) throw new RestError(404, `Invalid path: ${path}`);
  let [name, rows]: [string, readonly object[] | undefined] = [first, undefined];
  for (let at = 0; at < rest.length; at += 2) {
    const row = findRow(database, name, rows, rest[at]!);
    const next = rest[at + 1];
    const id = Number((row as Row | undefined)?.[IDS[name]!] ?? rest[at]);
    if (next === undefined) {
      if (!row) throw new RestError(404, `not found while getting ${path}`);
      return { json: collectionOf(database, name, [row], new ResultSpec(COLLECTIONS[name]!.fields, query)) };
    }
    if (next === 'properties') return { json: propertiesOf(database, name, id) };
    if (next === 'raw' && name === 'logs') return { raw: contentOf(database, id) };
    if (next === 'contents' && name === 'logs')
      return { json: { logchunks: [{ logid: id, firstline: 0, content: contentOf(database, id) }] } };
    const below = BELOW[`${name}/${next}`];
    if (!below) throw new RestError(404, `Invalid path: ${path}`);
    [name, rows] = [next, below(database, id)];
  }
  const { fields, rows: read } = COLLECTIONS[name]!;
  const spec = new ResultSpec(fields, query);
  return { json: collectionOf(database, name, rows ?? read(database, spec), spec) };
}

/** By id; below another row by number or name; builders also by name. */
function findRow(
  database: ModernDatabase,
  name: string,
  rows: readonly object[] | undefined,
  key: string,
): object | undefined {
  const all = (rows ??
    COLLECTIONS[name]!.rows(
      database,
      new ResultSpec(COLLECTIONS[name]!.fields, new URLSearchParams()),
    )) as Row[];
  const numbered = rows ? 'number' : IDS[name]!;
  return all.find((row) =>
    /^\d+$/.test(key) ? row[numbered] === Number(key) : row.name === key || row.slug === key,
  );
}

function collectionOf(
  database: ModernDatabase,
  name: string,
  rows: readonly object[],
  spec: ResultSpec,
): object {
  const page = spec.apply(rows).map((row) => {
    const shown = spec.project(row);
    return spec.properties.length > 0 && name === 'builds'
      ? {
          ...shown,
          properties: select(database.buildProperties.get((row as Row).buildid as number), spec.properties),
        }
      : shown;
  });
  // The total of a page is its own size.
  return { [name]: page, meta: { total: page.length } };
}

function select(properties: Properties | undefined, names: readonly string[]): object {
  const all = [...(properties ?? [])];
  return Object.fromEntries(names.includes('*') ? all : all.filter(([name]) => names.includes(name)));
}

function propertiesOf(database: ModernDatabase, name: string, id: number): object {
  const properties = (name === 'buildsets' ? database.setProperties : database.buildProperties).get(id);
  return { properties: [select(properties, ['*'])], meta: { total: 1 } };
}

function contentOf(database: ModernDatabase, id: number): string {
  const text = database.contents.get(id);
  if (text === undefined) throw new RestError(404, 'not found');
  return text;
}

function readSchedulers({ context: { configuration } }: MasterProcess, name: string | undefined): Found {
  const names = configuration.builders.map((builder) => builder.name);
  const row = (one: string, label: string) => ({ name: one, label, enabled: true, builder_names: names });
  const all = [
    ...configuration.bridgeSchedulers.map((one) => row(one, PROTOCOL)),
    ...(configuration.forceScheduler ? [row(configuration.forceScheduler.name, 'force')] : []),
  ];
  const found = name === undefined ? all : all.filter((one) => one.name === name);
  if (name !== undefined && found.length === 0) throw new RestError(404, `not found while getting ${name}`);
  return { json: { forceschedulers: found, meta: { total: found.length } } };
}
