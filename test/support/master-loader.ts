import { pythonLoads } from './python-json.js';

/** What a request is made of, as its rows hold it. */
export interface WrittenRequest {
  buildername: string;
  reason: string;
  externalId: string;
  branch: string | null;
  revision: string | null;
  repository: string;
  project: string;
  properties: readonly (readonly [name: string, value: string])[];
}

/** Schema 6's widths, in characters; later schemas have them too, or wider ones. */
const WIDTHS = { text: 256, pair: 1024 };

/**
 * Loads a request as a master of Buildbot 0.8.2 does (master/buildbot/db/connector.py): `json.loads` on each pair and
 * two values out of it, `str()` on the property's name, on branch and revision. All of it happens in the loop that
 * picks requests, so what throws here stops a builder.
 *
 * @returns the properties' values, by name
 * @throws Error where the master does, or where a column is too narrow
 */
export function loadAsMaster(request: WrittenRequest): Map<string, unknown> {
  for (const key of ['buildername', 'reason', 'externalId', 'branch', 'revision'] as const) {
    const text = request[key];
    if (text !== null && text.length > WIDTHS.text) throw new RangeError(`${key} is wider than its column`);
  }
  for (const key of ['branch', 'revision', 'repository', 'project'] as const)
    toAscii(request[key] ?? '', key);
  // Three bytes a character is all that MySQL's utf8 has.
  if (/[\u{10000}-\u{10ffff}\0]|\p{Surrogate}/u.test(request.buildername))
    throw new RangeError('buildername cannot be stored');
  const values = new Map<string, unknown>();
  for (const [name, pair] of request.properties) {
    if (name === '' || name.length > WIDTHS.text) throw new RangeError('a property name does not fit');
    if (pair.length > WIDTHS.pair) throw new RangeError(`the pair of ${name} does not fit`);
    if (values.has(toAscii(name, 'property name'))) throw new TypeError(`property ${name} comes twice`);
    values.set(name, parseValue(pair));
  }
  return values;
}

function parseValue(pair: string): unknown {
  const loaded = pythonLoads(toAscii(pair, 'property value'));
  if (!Array.isArray(loaded) || loaded.length !== 2) throw new TypeError('not a pair of value and source');
  if (loaded[1] !== 'bbb') throw new TypeError('the source is not the bridge');
  return loaded[0];
}

function toAscii(text: string, what: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError(`${what} is not printable ASCII`);
  return text;
}

/** A value as Python has it, for comparison: with maps where JavaScript has objects. */
export function toPython(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPython);
  if (value === null || typeof value !== 'object') return Object.is(value, -0) ? 0 : value;
  return new Map(Object.entries(value).map(([name, item]) => [name, toPython(item)]));
}
