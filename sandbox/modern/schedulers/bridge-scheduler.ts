import type { MasterProcess } from '../master/process.js';
import type { Property, RequestRow } from '../database/rows.js';
import { InvalidParameters, RemoteError } from './errors.js';

// The plugin of buildbot/bridge_scheduler.py: the same calls, answers and refusals.

export const PROTOCOL = 'bridge-protocol 1';
const WITHDRAWN = 'withdrawn by the bridge';
const REBUILD = 'rebuild';
const LENGTH = 256;
const STAMP: Readonly<Record<string, string | null>> = {
  ...{ codebase: '', repository: '', branch: null, revision: null, project: '' },
};
const DEFAULTS = {
  ...{ key: null, after: 0, since: 0, withdraw: false, builderNames: null, properties: {}, sourcestamp: {} },
  ...{ reason: '', priority: 0 },
};

interface Call {
  key: string;
  after: number;
  since: number;
  withdraw: boolean;
  builderNames: string[];
  properties: Record<string, Property[0]>;
  sourcestamp: Record<string, string | null>;
  reason: string;
  priority: number;
}

interface Newest {
  buildset: number;
  request: number | null;
  withdrawn: boolean;
}

/**
 * The method `force` of the plugin: compare and set.
 *
 * @throws InvalidParameters naming each parameter that is wrong
 */
export function forceThroughBridge(
  scheduler: string,
  process: MasterProcess,
  params: Readonly<Record<string, unknown>>,
): Newest & { created: boolean } {
  const given = { ...DEFAULTS, ...params };
  const problems = problemsOf(
    given,
    process.context.configuration.builders.map(({ name }) => name),
  );
  if (Object.keys(problems).length > 0) throw new InvalidParameters(problems);
  const call = given as unknown as Call;
  const { newest, leftBehind } = findNewest(process, call);
  if (newest && call.after !== newest.buildset && !leftBehind.includes(call.after))
    return { ...newest, created: false };
  return { ...create(scheduler, process, call), withdrawn: call.withdraw, created: true };
}

function problemsOf(given: Record<string, unknown>, builders: readonly string[]): Record<string, string> {
  const { key, after, since, withdraw, builderNames, properties, sourcestamp, reason, priority, ...unknown } =
    given;
  const isRight: Record<string, boolean> = {
    key: isText(key) && key !== '',
    after: Number.isInteger(after),
    since: Number.isInteger(since),
    withdraw: typeof withdraw === 'boolean',
    builderNames:
      withdraw === true ||
      (Array.isArray(builderNames) &&
        builderNames.length === 1 &&
        builders.includes(builderNames[0] as string)),
    properties: isObject(properties) && Object.keys(properties).every(isText) && isJson(properties),
    sourcestamp:
      isObject(sourcestamp) &&
      Object.entries(sourcestamp).every(
        ([name, value]) => Object.hasOwn(STAMP, name) && (isText(value) || value === STAMP[name]),
      ),
    reason: isText(reason) && reason !== WITHDRAWN && reason !== REBUILD,
    priority: Number.isInteger(priority),
  };
  return Object.fromEntries([
    ...Object.keys(unknown).map((name) => [name, 'not accepted'] as const),
    ...Object.keys(isRight).flatMap((name) => (isRight[name] ? [] : [[name, 'invalid value'] as const])),
  ]);
}

/** No database stores half a surrogate pair, and PostgreSQL no NUL. */
function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    [...value].length <= LENGTH &&
    !/\p{Surrogate}/u.test(value) &&
    !value.includes('\0')
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isJson);
}

/** The newest build set of the key that counts, and newer ones that a failed creation left without a request. */
function findNewest({ context: { database } }: MasterProcess, { key, since }: Call) {
  const leftBehind: number[] = [];
  const sets = database.buildsets.of('external_idstring', key).filter((set) => set.submitted_at >= since);
  for (const { bsid, reason } of sets.toReversed()) {
    if (reason === REBUILD) continue;
    const requests: readonly RequestRow[] = database.requests.of('buildsetid', bsid);
    const withdrawn = reason === WITHDRAWN;
    const request = requests[0]?.buildrequestid ?? null;
    if (withdrawn || request !== null) return { newest: { buildset: bsid, request, withdrawn }, leftBehind };
    leftBehind.push(bsid);
  }
  return { newest: undefined, leftBehind };
}

function create(scheduler: string, process: MasterProcess, call: Call): Omit<Newest, 'withdrawn'> {
  const { key, withdraw, builderNames, properties, sourcestamp, reason, priority } = call;
  const [row] = withdraw ? [] : process.context.database.builders.of('name', builderNames[0]!);
  if (!withdraw && !row)
    throw new RemoteError(`KeyError('builder ${builderNames[0]} has no row in the database')`);
  const all: [string, Property][] = withdraw
    ? []
    : [
        ...Object.entries(properties).map(([name, value]): [string, Property] => [name, [value, 'bridge']]),
        ['scheduler', [scheduler, 'Scheduler']],
        ['bridge_id', [key, 'Scheduler']],
      ];
  const [buildset, requests] = process.requests.add({
    ...{ builderIds: row ? [row.builderid] : [], externalId: key, properties: new Map(all), sourcestamp },
    ...{ reason: withdraw ? WITHDRAWN : reason, priority },
  });
  return { buildset, request: Object.values(requests)[0] ?? null };
}
