import { Refused, Unavailable } from '@bbb/rules';
import { PROTOCOL } from '../../../libs/modern-buildbot/src/builders.js';
import { WITHDRAWN } from '../../../libs/modern-buildbot/src/requests/request-key.js';
import type { Query } from '../../../libs/modern-buildbot/src/rest/rest-client.js';
import { type Row, selectRows } from '../../../libs/modern-buildbot/src/testing/tables.js';
import type * as z from 'zod';
import type { Gate } from '../bridge/gate.js';
import type { Seen, Watch } from '../watch/watch.js';
import type { Agent } from './agent.js';
import { CANCELLED, type Farm, type RequestRow, type SetRow } from './farm.js';
import type { ModernMaster } from './modern-master.js';
import { BUILDER_IDS, buildRowOf, requestRowOf, setRowOf, stopReasonOf } from './modern-rows.js';

const SYSTEM = 'buildbot';

/** The reason of the copy of a build set that a user rebuilds. */
export const REBUILD = 'rebuild';

/** What the bridge's plugin is called with, as far as the model needs it. */
interface Call {
  key: string;
  after: number;
  since: number;
  withdraw?: boolean;
  builderNames: string[];
  sourcestamp: { branch: string | null; revision: string | null };
}

/** The REST API of one modern master, with the bridge's plugin, as one process of the bridge reaches it. */
export class ModelRest {
  constructor(
    private readonly master: ModernMaster,
    private readonly masters: readonly ModernMaster[],
    private readonly farm: Farm,
    private readonly agent: Agent,
    private readonly gate: Gate,
    private readonly watch: Watch,
    private readonly seen: Seen,
  ) {}

  close(): void {}

  get<T>(path: string, query: Query, schema: z.ZodType<T>): Promise<T> {
    return this.gate.call(SYSTEM, `get ${path}`, 'read', () => {
      this.#mustBeUp();
      const search = new URLSearchParams(
        query.map(([name, value]): [string, string] => [name, String(value)]),
      );
      return schema.parse(this.#read(path, search));
    });
  }

  call<T>(path: string, method: string, params: object, schema: z.ZodType<T>): Promise<T> {
    const name = 'withdraw' in params ? 'withdraw' : method;
    return this.gate.call(SYSTEM, name, 'effect', () => {
      this.#mustBeUp();
      const result =
        method === 'force' ? this.#force(params as Call) : this.#cancel(Number(path.split('/').at(-1)));
      return schema.parse(result);
    });
  }

  #mustBeUp(): void {
    if (!this.master.isUp) throw new Unavailable(SYSTEM, 'no answer');
  }

  #read(path: string, search: URLSearchParams): object {
    const [, , , name = '', id, further, , last] = path.split('/');
    if (path === '/config') return { buildbotURL: 'https://buildbot.example.com/' };
    if (last === 'logs') return { logs: [{ logid: Number(id), slug: 'cancelled' }] };
    if (further === 'steps') return { steps: [{ number: 0, results: CANCELLED }] };
    if (name === 'logs') return { logchunks: [{ content: this.#stopReason(Number(id)) }] };
    if (id === undefined) {
      const found = selectRows(this.#rows(name), search);
      if (name === 'buildrequests') this.#noteAll(search.getAll('buildrequestid__in'));
      return { [name]: found };
    }
    const row = this.#rows(name).find((each) => String(each[name === 'builds' ? 'buildid' : 'name']) === id);
    if (!row) throw new Refused(SYSTEM, 404, 'Refused', path);
    return { [name]: [row] };
  }

  #stopReason(buildId: number): string {
    const builds = [...this.farm.requests.values()].flatMap((row) => row.builds);
    return stopReasonOf(builds.find((build) => build.buildId === buildId)!);
  }

  #noteAll(ids: readonly string[]): void {
    for (const id of ids.map(Number)) this.seen.noteRequest(id, this.farm.requests.get(id));
  }

  #rows(name: string): Row[] {
    const requests = [...this.farm.requests.values()];
    switch (name) {
      case 'buildrequests':
        return requests.map(requestRowOf);
      case 'builds':
        return requests
          .flatMap((row) => row.builds.map((build) => buildRowOf(build, row)))
          .map((row) => ({ ...row, properties: { buildnumber: [row.number, 'Build'] } }));
      case 'buildsets':
        return this.farm.sets.map(setRowOf);
      case 'builders':
        return Object.entries(BUILDER_IDS).map(([builder, id]) => ({
          ...{ builderid: id, name: builder, tags: [] },
          masterids: this.masters.flatMap(({ isUp }, index) => (isUp ? [index + 1] : [])),
        }));
      case 'masters':
        return this.masters.map((each, index) => ({ masterid: index + 1, name: each.name }));
      case 'forceschedulers':
        return [{ name: 'bridge', label: PROTOCOL, builder_names: Object.keys(BUILDER_IDS) }];
      default:
        throw new TypeError(`no such table: ${name}`);
    }
  }

  /** What the plugin does: creates nothing unless the caller knows the newest build set of the key. */
  #force({ key, after, since, withdraw = false, builderNames, sourcestamp }: Call) {
    const newest = this.farm.sets.findLast((set) => set.key === key && set.reason !== REBUILD);
    if (newest && newest.bsid !== after) return { ...this.#answer(newest), created: false };
    const set = this.farm.insertSet(key, withdraw ? WITHDRAWN : 'a task');
    if (withdraw) return { ...this.#answer(set), created: true };
    const [taskId = '', createdForRunId] = key.split('/');
    const row = this.farm.insert({
      ...{
        taskId,
        createdForRunId: Number(createdForRunId),
        scheduledAt: since,
        properties: {},
        priority: 0,
      },
      ...{ buildername: builderNames[0]!, repository: '', project: '', ...sourcestamp },
    });
    row.bsid = set.bsid;
    this.watch.inserted(row, this.seen.of(taskId));
    return { ...this.#answer(set), created: true };
  }

  #answer({ bsid, reason }: SetRow) {
    const request = this.#requestOf(bsid)?.buildRequestId ?? null;
    return { buildset: bsid, request, withdrawn: reason === WITHDRAWN };
  }

  #requestOf(bsid: number): RequestRow | undefined {
    return [...this.farm.requests.values()].find((row) => row.bsid === bsid);
  }

  /** Only the master that has claimed a request can stop its build, and only one that it knows. */
  #cancel(buildRequestId: number): null {
    const row = this.farm.requests.get(buildRequestId);
    this.watch.cancelled(buildRequestId, this.seen);
    if (!row || row.complete) return null;
    if (row.claimedAt === 0) this.farm.markComplete(row);
    else if (row.claimedBy?.master === this.master.name) {
      const build = row.builds.at(-1);
      if (build && !this.master.hasLost(row)) this.agent.accept('cancel-build', build.buildId);
    }
    return null;
  }
}
