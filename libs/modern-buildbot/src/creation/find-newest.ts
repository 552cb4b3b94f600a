import { type RequestKey, type RequestSnapshot, Unavailable } from '@bbb/rules';
import * as z from 'zod';
import { SYSTEM } from '../options.js';
import { belongsToKey, formatKey, WITHDRAWN } from '../requests/request-key.js';
import type { RequestReader } from '../requests/request-reader.js';
import { listFields, type SetRow, setRow } from '../requests/rows.js';
import type { RestClient } from '../rest/rest-client.js';
import { shareReads } from '../rest/share-reads.js';

/** The newest valid build set of a key: a request or a withdrawal. */
export type Newest =
  | { is: 'request'; buildset: number; request: RequestSnapshot }
  | { is: 'withdrawal'; buildset: number }
  | undefined;

/** Maximum keys in one query: 60 bytes each, in a request line of at most 16 KiB. */
const MOST_KEYS = 200;

/** Seconds by which a master's clock may be behind Taskcluster's. */
const CLOCK_SKEW = 3600;

const setList = z.object({ buildsets: z.array(setRow) });

/** Earliest submission of the key's build sets, by the master's clock. */
export function findOldest({ scheduledAt }: RequestKey): number {
  return Math.max(0, scheduledAt - CLOCK_SKEW);
}

/** Looks up keys; look-ups share queries. */
export class NewestOfKey {
  private readonly readSetsOf: (key: RequestKey) => Promise<SetRow[]>;

  constructor(
    private readonly client: RestClient,
    private readonly reader: RequestReader,
  ) {
    this.readSetsOf = shareReads((keys) => this.readSets(keys), MOST_KEYS);
  }

  async find(key: RequestKey): Promise<Newest> {
    const sets = await this.readSetsOf(key);
    if (sets.length === 0) return undefined;
    const rows = await this.reader.readRequests(
      'buildsetid',
      sets.map(({ bsid }) => bsid),
      'urgent',
    );
    // A set without a request that is not a withdrawal is from a failed creation.
    for (const { bsid: buildset, reason } of sets) {
      if (reason === WITHDRAWN) return { is: 'withdrawal', buildset };
      const row = rows.find(({ buildsetid }) => buildsetid === buildset);
      if (!row) continue;
      return { is: 'request', buildset, request: await this.reader.createSnapshot(row) };
    }
    return undefined;
  }

  /** The sets of each key, newest first. */
  private async readSets(keys: readonly RequestKey[]): Promise<SetRow[][]> {
    const texts = keys.map(formatKey);
    const query = [
      ...[...new Set(texts)].map((text) => ['external_idstring__in', text] as const),
      ['submitted_at__ge', Math.min(...keys.map(findOldest))] as const,
      ['order', '-bsid'] as const,
      ...listFields(setRow),
      ['field', 'submitted_at'] as const,
    ];
    const { buildsets } = await this.client.get('/api/v2/buildsets', query, setList, 'urgent');
    const known = new Set(texts.map((text) => text.toLowerCase()));
    if (!buildsets.every(({ external_idstring: text }) => known.has((text ?? '').trimEnd().toLowerCase())))
      throw new Unavailable(SYSTEM, 'the Buildbot master answered with rows that were not requested');
    return texts.map((text) => buildsets.filter((set) => belongsToKey(set, text, 'id')));
  }
}
