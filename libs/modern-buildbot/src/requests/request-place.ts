import { toBaseUrl } from '@bbb/http';
import type { RequestPlace, RequestSnapshot } from '@bbb/rules';
import * as z from 'zod';
import type { Builders } from '../builders.js';
import type { RestClient } from '../rest/rest-client.js';

/** Maximum open requests of a builder that are read. */
const MOST = 5000;

const requestList = z.object({
  buildrequests: z.array(
    z.object({
      buildrequestid: z.int(),
      complete: z.boolean(),
      claimed: z.boolean(),
      priority: z.int().default(0),
      submitted_at: z.number(),
    }),
  ),
});
const workerList = z.object({
  workers: z.array(z.object({ connected_to: z.array(z.unknown()), paused: z.boolean().default(false) })),
});

/** Tells where a request stands among those of its builder. Masters take the highest priority first, then the oldest. */
export class RequestPlaces {
  /** @param url of the master, which serves the pages too */
  constructor(
    private readonly client: RestClient,
    private readonly builders: Builders,
    private readonly url: string,
  ) {}

  async read({ buildRequestId, buildername }: RequestSnapshot): Promise<RequestPlace> {
    const builderId = await this.builders.findId(buildername);
    const url = toPageUrl(this.url, buildRequestId);
    if (builderId === undefined)
      return { url, submittedAt: null, ahead: null, building: null, workers: null };
    const [{ buildrequests }, { workers }] = await Promise.all([
      this.client.get(
        '/api/v2/buildrequests',
        [
          ['builderid', builderId],
          ['complete', 0],
          ['limit', MOST],
          // Buildbot filters by selected fields only.
          ...['buildrequestid', 'builderid', 'complete', 'claimed', 'priority', 'submitted_at'].map(
            (name) => ['field', name] as const,
          ),
        ],
        requestList,
        'bulk',
      ),
      this.client.get(`/api/v2/builders/${builderId}/workers`, [], workerList, 'bulk'),
    ]);
    const own = buildrequests.find(({ buildrequestid }) => buildrequestid === buildRequestId);
    const open = buildrequests.filter(({ complete }) => !complete);
    const isFirst = (other: (typeof open)[number]) =>
      own !== undefined &&
      (other.priority - own.priority ||
        own.submitted_at - other.submitted_at ||
        own.buildrequestid - other.buildrequestid) > 0;
    return {
      url,
      submittedAt: own?.submitted_at ?? null,
      ahead: own ? open.filter((other) => !other.claimed && isFirst(other)).length : null,
      building: open.filter(({ claimed }) => claimed).length,
      workers: workers.filter(({ connected_to: masters, paused }) => masters.length > 0 && !paused).length,
    };
  }
}

/** @param base of the master; credentials in it are left out */
function toPageUrl(base: string, buildRequestId: number): string {
  const url = new URL(`${toBaseUrl(base)}/`);
  return Object.assign(url, { username: '', password: '', hash: `/buildrequests/${buildRequestId}` }).href;
}
