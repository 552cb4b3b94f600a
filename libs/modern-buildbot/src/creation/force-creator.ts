import { type RequestKey, type RequestSpec, Unavailable } from '@bbb/rules';
import * as z from 'zod';
import type { Builders } from '../builders.js';
import { SYSTEM } from '../options.js';
import { belongsToKey, formatKey, formatReason } from '../requests/request-key.js';
import type { RequestReader } from '../requests/request-reader.js';
import { listFields, setRow } from '../requests/rows.js';
import type { RestClient } from '../rest/rest-client.js';
import { findOldest } from './find-newest.js';
import type { OpenRequestLimit } from './open-request-limit.js';

/** The build set, and its request by the id of its builder. */
const outcome = z.tuple([z.int(), z.record(z.string(), z.int().min(1))]);

const setList = z.object({ buildsets: z.array(setRow) });

/** Maximum number of keys whose creation has an unknown outcome that are remembered. */
const MOST_UNKNOWN = 10_000;

/** After a call without an answer, the master may still carry it out for this many times its time limit. */
const LATE = 2;

/**
 * Creates build requests through a stock ForceScheduler, with the key in the reason.
 *
 * Buildbot does not compare keys itself, so this promises less than the plugin: two processes that create the same request at
 * the same time make two, and nothing stops a call that the master carries out late. The reflector finds such requests
 * and cancels them.
 */
export class ForceCreator {
  /** By key: until when a call without an answer may still be carried out, in milliseconds since the process began. */
  private readonly unknown = new Map<string, number>();

  constructor(
    private readonly client: RestClient,
    private readonly scheduler: string,
    private readonly timeout: number,
    private readonly reader: RequestReader,
    private readonly builders: Builders,
    private readonly limit: OpenRequestLimit,
  ) {}

  async create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    const existing = await this.find(spec);
    if (existing !== undefined) return existing;
    const key = formatKey(spec);
    if ((this.unknown.get(key) ?? 0) > performance.now())
      throw new Unavailable(
        SYSTEM,
        'the master may still carry out the last call for this build request; will look again before another one',
      );
    const params = await this.createParameters(spec);
    if (!(await stillWanted())) return undefined;
    this.limit.count(spec.buildername);
    const path = `/api/v2/forceschedulers/${encodeURIComponent(this.scheduler)}`;
    try {
      const [, requests] = await this.client.call(path, 'force', params, outcome);
      return Object.values(requests)[0];
    } catch (error) {
      if (error instanceof Unavailable) this.noteUnknown(key);
      throw error;
    }
  }

  /** The newest request of the key that is not dropped. */
  async find(key: RequestKey): Promise<number | undefined> {
    const text = formatKey(key);
    const query = [
      ['reason__contains', text] as const,
      ['submitted_at__ge', findOldest(key)] as const,
      ['order', '-bsid'] as const,
      ...listFields(setRow),
      ['field', 'submitted_at'] as const,
    ];
    const { buildsets } = await this.client.get('/api/v2/buildsets', query, setList, 'urgent');
    const sets = buildsets.filter((set) => belongsToKey(set, text, 'reason')).map(({ bsid }) => bsid);
    if (sets.length === 0) return undefined;
    const rows = await this.reader.readRequests('buildsetid', sets, 'urgent');
    const [newest] = rows.sort((one, other) => other.buildrequestid - one.buildrequestid);
    if (!newest) return undefined;
    const { buildRequestId, state } = await this.reader.createSnapshot(newest);
    return state.at === 'dropped' ? undefined : buildRequestId;
  }

  /** Without a withdrawal at the master: a creation that is under way elsewhere is not stopped. */
  async withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    const existing = await this.find(key);
    if (existing === undefined) await forget();
    return existing;
  }

  /** Why the scheduler cannot take the properties: it drops undeclared ones without a word. */
  async findProblems({ properties }: Pick<RequestSpec, 'properties'>): Promise<string[]> {
    const declared = await this.builders.listDeclaredProperties();
    return Object.entries(properties).flatMap(([name, value]) => {
      if (!declared.has(name)) return [`payload.properties.${name}: is not a parameter of the scheduler`];
      return typeof value === 'object' ? [`payload.properties.${name}: must be a text or a number`] : [];
    });
  }

  private async createParameters(spec: RequestSpec): Promise<object> {
    const declared = await this.builders.listDeclaredProperties();
    const own = Object.entries({ taskId: spec.taskId, createdForRunId: String(spec.createdForRunId) });
    return {
      ...spec.properties,
      ...Object.fromEntries(own.filter(([name]) => declared.has(name))),
      builderNames: [spec.buildername],
      branch: spec.branch ?? '',
      revision: spec.revision ?? '',
      repository: spec.repository,
      project: spec.project,
      reason: formatReason(spec),
      ...(spec.priority === 0 ? {} : { priority: String(spec.priority) }),
    };
  }

  private noteUnknown(key: string): void {
    if (this.unknown.size >= MOST_UNKNOWN) this.unknown.clear();
    this.unknown.set(key, performance.now() + LATE * this.timeout * 1000);
  }
}
