import { type RequestKey, type RequestSpec, Unavailable } from '@bbb/rules';
import * as z from 'zod';
import { SYSTEM } from '../options.js';
import { formatKey } from '../requests/request-key.js';
import type { RestClient } from '../rest/rest-client.js';
import { type Newest, type NewestOfKey, findOldest } from './find-newest.js';
import type { OpenRequestLimit } from './open-request-limit.js';
import type { Withdrawals } from './withdrawals.js';

/** The answer of the plugin, see buildbot/README.md. */
const outcome = z.object({
  buildset: z.int(),
  request: z.int().min(1).nullable(),
  withdrawn: z.boolean(),
  created: z.boolean(),
});

/**
 * Creates build requests through the plugin, each exactly once.
 *
 * A lock cannot protect a call over HTTP: the master may carry it out after the bridge has timed out. So each call names
 * the newest build set of its key that the bridge knows, and the plugin does nothing when there is a newer one.
 */
export class RequestCreator {
  constructor(
    private readonly client: RestClient,
    private readonly scheduler: string,
    private readonly newest: NewestOfKey,
    private readonly withdrawals: Withdrawals,
    private readonly limit: OpenRequestLimit,
  ) {}

  async create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    const newest = await this.newest.find(spec);
    const existing = findLiveRequest(newest);
    if (existing !== undefined) return existing;
    if (newest?.is === 'withdrawal' && this.withdrawals.isUnderWay(newest.buildset)) return undefined;
    if (!(await stillWanted())) return undefined;
    this.limit.count(spec.buildername);
    const { request, withdrawn } = await this.call(spec, newest, {
      builderNames: [spec.buildername],
      properties: {
        ...spec.properties,
        taskId: spec.taskId,
        createdForRunId: spec.createdForRunId,
      },
      sourcestamp: {
        branch: spec.branch,
        revision: spec.revision,
        repository: spec.repository,
        project: spec.project,
      },
      reason: `Created by Buildbot Bridge for task ${spec.taskId}`,
      priority: spec.priority,
    });
    if (withdrawn) return undefined;
    return requireRequest(request);
  }

  /** The plugin takes what passes the payload rules. */
  findProblems(_spec: Pick<RequestSpec, 'properties'>): Promise<string[]> {
    return Promise.resolve([]);
  }

  async find(key: RequestKey): Promise<number | undefined> {
    return findLiveRequest(await this.newest.find(key));
  }

  async withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    const newest = await this.newest.find(key);
    const existing = findLiveRequest(newest);
    if (existing !== undefined) return existing;
    const { buildset, request, withdrawn, created } = await this.call(key, newest, { withdraw: true });
    if (!withdrawn) return requireRequest(request);
    try {
      await forget();
    } finally {
      if (created) this.withdrawals.settle(buildset);
    }
    return undefined;
  }

  private call(key: RequestKey, newest: Newest, params: object): Promise<z.infer<typeof outcome>> {
    const path = `/api/v2/forceschedulers/${encodeURIComponent(this.scheduler)}`;
    const known = { key: formatKey(key), after: newest?.buildset ?? 0, since: findOldest(key) };
    return this.client.call(path, 'force', { ...known, ...params }, outcome);
  }
}

function requireRequest(request: number | null): number {
  if (request !== null) return request;
  throw new Unavailable(SYSTEM, 'the Buildbot master created no build request');
}

/** The id of the newest request unless it is dropped; a dropped one is replaced. */
function findLiveRequest(newest: Newest): number | undefined {
  return newest?.is === 'request' && newest.request.state.at !== 'dropped'
    ? newest.request.buildRequestId
    : undefined;
}
