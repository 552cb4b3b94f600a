import type { ServerResponse } from 'node:http';
import { json, ScriptedMaster, type Seen } from './scripted-master.js';

export type Row = Record<string, unknown>;
type Name = 'builders' | 'buildrequests' | 'buildsets' | 'builds' | 'masters' | 'forceschedulers';

const OPERATORS: Record<string, (value: unknown, given: string[]) => boolean> = {
  in: (value, given) => given.includes(String(value)),
  gt: (value, [given]) => Number(value) > Number(given),
  ge: (value, [given]) => Number(value) >= Number(given),
  // LIKE, without regard to case, in which an underscore stands for any character.
  contains: (value, [given]) => new RegExp(given!.replaceAll('_', '.'), 'i').test(String(value)),
};

const ID: Record<Name, string> = {
  ...{ builders: 'builderid', buildrequests: 'buildrequestid', buildsets: 'bsid', builds: 'buildid' },
  ...{ masters: 'masterid', forceschedulers: 'name' },
};

/** A master whose tables a test fills. It answers the bridge's queries; the test answers control calls. */
export class Tables {
  readonly rows: Record<Name, Row[]> = {
    builders: [{ builderid: 5, name: 'linux', masterids: [1], tags: [] }],
    forceschedulers: [
      { name: 'bridge', label: 'bridge-protocol 1', builder_names: ['linux'], all_fields: [] },
    ],
    ...{ buildrequests: [], buildsets: [], builds: [], masters: [] },
  };
  /** Answers to further paths, without the API's prefix. */
  readonly answers: Record<string, object> = {};
  call: (seen: Seen, response: ServerResponse) => void = (_, response) => json(response, { result: null });

  private constructor(readonly master: ScriptedMaster) {
    master.answer = (seen, response) => {
      if (seen.verb === 'POST') this.call(seen, response);
      else this.read(seen, response);
    };
  }

  static async start(): Promise<Tables> {
    return new Tables(await ScriptedMaster.start());
  }

  /** A request with its build set; returns the request's id, which is the set's as well. */
  request(id: number, changes: Row = {}, set: Row = {}): number {
    this.rows.buildrequests.push({
      ...{ buildrequestid: id, buildsetid: id, builderid: 5, claimed: false, claimed_by_masterid: null },
      ...{ complete: false, complete_at: null, results: -1, submitted_at: 1000 + id },
      ...changes,
    });
    this.set(id, set);
    return id;
  }

  set(id: number, changes: Row = {}): void {
    this.rows.buildsets.push({
      ...{ bsid: id, external_idstring: `AAAAAAAAAAAAAAAAAAAAAA/${id}`, reason: 'for a task' },
      ...{ submitted_at: 1000 + id },
      ...changes,
    });
  }

  build(id: number, request: number, changes: Row = {}): void {
    this.rows.builds.push({
      ...{ buildid: id, number: id, builderid: 5, buildrequestid: request },
      ...{ complete: false, complete_at: null, results: null, state_string: 'building' },
      ...changes,
    });
  }

  /** The steps of a build, of which the second was interrupted; its log is only there with a reason. */
  stop(build: number, reason?: string, slug = 'cancelled'): void {
    const steps = `/builds/${build}/steps`;
    const logs = [{ logid: 40, slug: 'stdio' }, ...(reason === undefined ? [] : [{ logid: 41, slug }])];
    this.answers[steps] = { steps: [0, 6, 3].map((results, number) => ({ number, results })) };
    this.answers[`${steps}/1/logs`] = { logs };
    this.answers['/logs/41/contents'] = {
      logchunks: [{ logid: 41, firstline: 0, content: `${reason}\n` }],
    };
  }

  /** The requests received: verb and path, without the API's prefix. */
  get asked(): string[] {
    return this.master.seen.map(({ verb, path }) => `${verb} ${path.replace('/api/v2', '')}`);
  }

  private read({ path, query }: Seen, response: ServerResponse): void {
    if (path === '/config') return json(response, { buildbotURL: 'https://buildbot.example.com/' });
    const other = this.answers[path.replace('/api/v2', '')];
    if (other) return json(response, other);
    const [, name, id] = /^\/api\/v2\/(\w+)(?:\/(.+))?$/.exec(path) ?? [];
    const all = this.rows[name as Name];
    if (id !== undefined) {
      const row = all.find((one) => String(one[ID[name as Name]]) === id);
      return row ? json(response, { [name!]: [row] }) : json(response, { error: 'not found' }, 404);
    }
    json(response, { [name!]: selectRows(all, query) });
  }
}

/** Answers a query as the data API does: filters, order and limit. */
export function selectRows(all: readonly Row[], query: URLSearchParams): Row[] {
  const filters = [...new Set(query.keys())].filter(
    (name) => !['field', 'order', 'limit', 'property'].includes(name),
  );
  const found = all.filter((row) =>
    filters.every((filter) => {
      const [name, operator] = filter.split('__') as [string, string?];
      const given = query.getAll(filter);
      return operator ? OPERATORS[operator]!(row[name], given) : Number(row[name]) === Number(given[0]);
    }),
  );
  const order = query.get('order');
  if (order) {
    const name = order.replace(/^-/, '');
    found.sort((one, other) => Number(one[name]) - Number(other[name]));
    if (order.startsWith('-')) found.reverse();
  }
  return found.slice(0, Number(query.get('limit') ?? Infinity));
}
