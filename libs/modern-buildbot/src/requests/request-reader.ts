import { Logger } from '@nestjs/common';
import { type MarkedRequest, type RequestMark, type RequestSnapshot, Unavailable } from '@bbb/rules';
import * as z from 'zod';
import type { Builders } from '../builders.js';
import { SYSTEM } from '../options.js';
import type { Urgency } from '../rest/call-limit.js';
import { isolateMalformed } from '../rest/isolate-malformed.js';
import { MalformedAnswer, type Query, type RestClient } from '../rest/rest-client.js';
import { type KeyPlace, readMark } from './request-key.js';
import { deriveRequestState } from './request-state.js';
import {
  type BuildRow,
  buildRow,
  listFields,
  type RequestRow,
  requestRow,
  type SetRow,
  setRow,
} from './rows.js';
import { readStopReason } from './stop-reason.js';

/** Maximum ids in one query; a master closes the connection when the request line has more than 16 KiB. */
const MOST_IDS = 500;

/** Maximum number of cached marks, about 100 bytes each. */
const MOST_MARKS = 50_000;

/** The state of a build that its master has entered into the database and has not started, of Buildbot 3.7 and newer. */
const BEFORE_START = 'created';

const requestList = z.object({ buildrequests: z.array(requestRow) });
const buildList = z.object({ builds: z.array(buildRow) });
/** Rows are read one by one: a malformed one counts as missing. */
const anySetList = z.object({ buildsets: z.array(z.unknown()) });
const anyRequestList = z.object({ buildrequests: z.array(z.unknown()) });

/** Reads build requests in bulk. Masters ignore some unknown filters, so each row is checked. */
export class RequestReader {
  private readonly logger = new Logger('RequestReader');
  /** By the ids and the time of a request: its build set never changes, but ids are reused after a restore. */
  private readonly marks = new Map<string, RequestMark | null>();

  constructor(
    private readonly client: RestClient,
    private readonly builders: Builders,
    private readonly keyPlace: KeyPlace,
  ) {}

  /** The error of a request that cannot be read, although others can, is in its place. */
  async readSnapshots(ids: readonly number[]): Promise<Map<number, RequestSnapshot | Error>> {
    const pages = await Promise.all(
      splitIntoChunks(ids).map(async (chunk) => {
        const read = await isolateMalformed(chunk, (part) => this.readPart(part));
        return chunk.flatMap((id, index): [number, RequestSnapshot | Error][] => {
          const one = read[index];
          return one ? [[id, one]] : [];
        });
      }),
    );
    return new Map(pages.flat());
  }

  private async readPart(ids: readonly number[]): Promise<(RequestSnapshot | Error | undefined)[]> {
    const rows = await this.readRequests('buildrequestid', ids, 'bulk');
    const read = await Promise.allSettled(await this.readRows(rows, 'bulk'));
    const byId = new Map(rows.map(({ buildrequestid }, index) => [buildrequestid, read[index]!]));
    return ids.map((id) => {
      const one = byId.get(id);
      return one && (one.status === 'fulfilled' ? one.value : (one.reason as Error));
    });
  }

  /** The rows of requests by their ids or those of their build sets. */
  async readRequests(
    by: 'buildrequestid' | 'buildsetid',
    ids: readonly number[],
    urgency: Urgency,
  ): Promise<RequestRow[]> {
    const query = [...selectAny(by, ids), ...listFields(requestRow)];
    const { buildrequests } = await this.client.get('/api/v2/buildrequests', query, requestList, urgency);
    return checkRows(buildrequests, by, ids);
  }

  /** The snapshot of a request whose row has just been read; its build is read now. */
  async createSnapshot(row: RequestRow): Promise<RequestSnapshot> {
    const [snapshot] = await this.readRows([row], 'urgent');
    return snapshot!;
  }

  /**
   * Whether the master is just starting or ending the build of a request, so that a cancellation would stop nothing. From
   * Buildbot 4.0 on, one between the claim and the start leaves a build that never ends.
   */
  async isInTransition(row: RequestRow): Promise<boolean> {
    if (!row.claimed) return false;
    const newest = (await this.readNewestBuilds([row], 'urgent')).get(row.buildrequestid);
    return !newest || newest.complete || newest.state_string === BEFORE_START;
  }

  private async readRows(rows: readonly RequestRow[], urgency: Urgency): Promise<Promise<RequestSnapshot>[]> {
    const [builds, marks, names] = await Promise.all([
      this.readNewestBuilds(rows, urgency),
      this.readMarks(rows, urgency),
      Promise.all(rows.map(({ builderid }) => this.builders.findName(builderid))),
    ]);
    return rows.map(async (row, index) => {
      const newest = builds.get(row.buildrequestid);
      const stopReason = newest && (await readStopReason(this.client, newest, urgency));
      return {
        buildRequestId: row.buildrequestid,
        key: requireMark(marks, row),
        buildername: names[index]!,
        state: deriveRequestState(row, newest, stopReason),
      };
    });
  }

  /** Open requests with a key of the bridge, by ascending id after `after`. */
  async listMarkedOpen(after: number, limit: number): Promise<MarkedRequest[]> {
    const found: MarkedRequest[] = [];
    for (let last = after; found.length < limit;) {
      const { page, read } = await this.openPage(last);
      const marks = await this.readMarks(page, 'bulk');
      for (const row of page) {
        const mark = marks.get(row.buildsetid);
        if (mark && mark.createdForRunId !== null)
          found.push({
            buildRequestId: row.buildrequestid,
            createdAt: Math.floor(row.submitted_at),
            ...mark,
          });
      }
      if (read < MOST_IDS || page.length === 0) break;
      last = page.at(-1)!.buildrequestid;
    }
    return found.slice(0, limit);
  }

  private async openPage(after: number): Promise<{ page: RequestRow[]; read: number }> {
    const query: Query = [
      ['complete', 0],
      ['buildrequestid__gt', after],
      ['order', 'buildrequestid'],
      ['limit', MOST_IDS],
      ...listFields(requestRow),
    ];
    const { buildrequests } = await this.client.get('/api/v2/buildrequests', query, anyRequestList, 'bulk');
    const page = this.readEach(buildrequests, requestRow);
    if (page.some(({ complete, buildrequestid }) => complete || buildrequestid <= after))
      throw createUnrequestedRows();
    return { page, read: buildrequests.length };
  }

  private async readNewestBuilds(
    rows: readonly RequestRow[],
    urgency: Urgency,
  ): Promise<Map<number, BuildRow>> {
    const ids = rows.map(({ buildrequestid }) => buildrequestid);
    if (ids.length === 0) return new Map();
    const query: Query = [...selectAny('buildrequestid', ids), ['order', 'buildid'], ...listFields(buildRow)];
    const { builds } = await this.client.get('/api/v2/builds', query, buildList, urgency);
    return new Map(checkRows(builds, 'buildrequestid', ids).map((build) => [build.buildrequestid, build]));
  }

  private async readMarks(
    rows: readonly RequestRow[],
    urgency: Urgency,
  ): Promise<ReadonlyMap<number, RequestMark | null | undefined>> {
    const unknown = rows.filter((row) => !this.marks.has(identify(row)));
    // Apart from what is kept, which may be cleared before the answer is there.
    const marks = new Map(rows.map((row) => [row.buildsetid, this.marks.get(identify(row))]));
    if (unknown.length > 0) {
      const sets = await this.readSets(
        unknown.map(({ buildsetid }) => buildsetid),
        urgency,
      );
      if (this.marks.size > MOST_MARKS) this.marks.clear();
      for (const row of unknown) {
        const set = sets.get(row.buildsetid);
        if (!set) continue;
        const mark = readMark(set, this.keyPlace);
        this.marks.set(identify(row), mark);
        marks.set(row.buildsetid, mark);
      }
    }
    return marks;
  }

  private async readSets(ids: readonly number[], urgency: Urgency): Promise<Map<number, SetRow>> {
    const query = [...selectAny('bsid', ids), ...listFields(setRow)];
    const { buildsets } = await this.client.get('/api/v2/buildsets', query, anySetList, urgency);
    const readable = this.readEach(buildsets, setRow);
    return new Map(checkRows(readable, 'bsid', ids).map((set) => [set.bsid, set]));
  }

  /** The rows that can be read. */
  private readEach<Row>(rows: readonly unknown[], schema: z.ZodType<Row>): Row[] {
    const read = rows.map((row) => schema.safeParse(row));
    const readable = read.flatMap((each) => (each.success ? [each.data] : []));
    const malformed = rows.length - readable.length;
    if (malformed > 0) this.logger.warn({ malformed }, 'skipped rows of a master that cannot be read');
    return readable;
  }
}

/** @throws MalformedAnswer when the build set was not read: the request may be anybody's */
function requireMark(
  marks: ReadonlyMap<number, RequestMark | null | undefined>,
  { buildrequestid, buildsetid }: RequestRow,
): RequestMark | null {
  const mark = marks.get(buildsetid);
  if (mark !== undefined) return mark;
  throw new MalformedAnswer(SYSTEM, `the build set of build request ${buildrequestid} cannot be read`);
}

function identify({ buildrequestid, buildsetid, submitted_at: at }: RequestRow): string {
  return `${buildrequestid}/${buildsetid}/${at}`;
}

function splitIntoChunks(ids: readonly number[]): number[][] {
  const distinct = [...new Set(ids)];
  return Array.from({ length: Math.ceil(distinct.length / MOST_IDS) }, (_, index) =>
    distinct.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  );
}

/** A filter for several ids. Some masters ignore `name=1&name=2`, or use only the first value. */
function selectAny(name: string, ids: readonly number[]): Query {
  return [...new Set(ids)].map((id) => [`${name}__in`, id] as const);
}

function checkRows<Row, Name extends keyof Row>(
  rows: Row[],
  name: Name,
  requested: readonly Row[Name][],
): Row[] {
  const known = new Set(requested);
  if (!rows.every((row) => known.has(row[name]))) throw createUnrequestedRows();
  return rows;
}

function createUnrequestedRows(): Unavailable {
  return new Unavailable(SYSTEM, 'the Buildbot master answered with rows that were not requested');
}
