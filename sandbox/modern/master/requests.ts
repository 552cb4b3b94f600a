import type { BuildRow, Properties, RequestRow, SourceStamp } from '../database/rows.js';
import { writeJson } from '../rest/json.js';
import { CANCELLED, OPEN, SKIPPED, SUCCESS } from '../results.js';
import { HAS_PRIORITIES, type MasterContext } from './context.js';

export interface NewBuildset {
  /** Ids of builders; none makes a build set that is complete at once. */
  builderIds: readonly number[];
  externalId: string | null;
  reason: string;
  properties: Properties;
  sourcestamp: Partial<SourceStamp>;
  priority?: number;
  /** The build that waits for it. */
  parent?: BuildRow;
  /** The build of which it is a copy. */
  rebuilt?: BuildRow;
}

const STAMP: SourceStamp = { codebase: '', repository: '', branch: null, revision: null, project: '' };

/** Build sets and requests of a master: how they are made, collapsed and completed. */
export class Requests {
  private readonly waiting = new Map<number, (results: number) => void>();

  /** @param changed something can perhaps be built now */
  constructor(
    private readonly context: MasterContext,
    private readonly changed: () => void,
  ) {}

  /** @returns the id of the build set, and of a request by the id of its builder */
  add(made: NewBuildset): [bsid: number, requests: Record<string, number>] {
    const { database, version } = this.context;
    const isComplete = made.builderIds.length === 0;
    const { bsid } = database.buildsets.insert({
      ...{ external_idstring: made.externalId, reason: made.reason, submitted_at: database.time() },
      ...{ complete: isComplete, complete_at: isComplete ? database.time() : null },
      ...{ results: isComplete ? SUCCESS : OPEN, parent_buildid: made.parent?.buildid ?? null },
      rebuilt_buildid: made.rebuilt?.buildid ?? null,
      sourcestamps: [{ ...STAMP, ...made.sourcestamp, ssid: 1, patch: null, created_at: database.time() }],
    });
    database.setProperties.set(bsid, made.properties);
    database.events.produce('buildsets', database.buildsets.require(bsid), isComplete ? 'complete' : 'new');
    const priority = version >= HAS_PRIORITIES ? (made.priority ?? 0) : 0;
    const requests = made.builderIds.map((builderid) =>
      database.addRequest({ buildsetid: bsid, builderid, priority, waited_for: made.parent !== undefined }),
    );
    for (const request of requests) this.collapseInto(request);
    this.changed();
    return [bsid, Object.fromEntries(requests.map((row) => [row.builderid, row.buildrequestid]))];
  }

  /** Told once, when the request is complete. */
  onComplete(buildRequestId: number, told: (results: number) => void): void {
    this.waiting.set(buildRequestId, told);
  }

  /** The end of a request; its build set follows a moment later. */
  complete(request: RequestRow, results: number): void {
    const { database, agenda, times } = this.context;
    database.completeRequest(request, results);
    this.waiting.get(request.buildrequestid)?.(results);
    this.waiting.delete(request.buildrequestid);
    const set = database.buildsets.require(request.buildsetid);
    // A collapsed request makes its build set a success.
    agenda.after(times.completion, () => database.completeSet(set, results === SKIPPED ? SUCCESS : results));
  }

  /** The cancellation of a request that nobody has claimed. */
  cancelPending(request: RequestRow): void {
    const { database, masterid } = this.context;
    database.claim(request, masterid);
    this.complete(request, CANCELLED);
    database.events.produce('buildrequests', request, 'cancel');
  }

  private collapseInto(newer: RequestRow): void {
    const { database, configuration, masterid } = this.context;
    const { name } = database.builders.require(newer.builderid);
    const builder = configuration.builders.find((one) => one.name === name);
    if (builder?.collapseRequests === false) return;
    const meaning = this.meaningOf(newer);
    for (const older of database.pendingOf(newer.builderid)) {
      if (older === newer || this.meaningOf(older) !== meaning) continue;
      database.claim(older, masterid);
      this.complete(older, SKIPPED);
    }
  }

  /** Requests are equal when their source stamps are, and their properties from schedulers (Buildbot 3.3 and newer). */
  private meaningOf({ buildsetid }: RequestRow): string {
    const { sourcestamps } = this.context.database.buildsets.require(buildsetid);
    const { codebase, repository, branch, project, revision } = sourcestamps[0]!;
    const properties = [...(this.context.database.setProperties.get(buildsetid) ?? [])]
      .filter(([, [, source]]) => source === 'Scheduler')
      .map(([name, [value]]) => [name, writeJson(value)])
      .sort();
    return JSON.stringify([codebase, repository, branch, project, revision, properties]);
  }
}
