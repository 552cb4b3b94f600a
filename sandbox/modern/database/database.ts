import { OPEN } from '../results.js';
import { EventQueue } from './event-queue.js';
import type {
  BuilderRow,
  BuildRow,
  BuildsetRow,
  LogRow,
  MasterRow,
  Properties,
  Property,
  RequestRow,
  StepRow,
  WorkerRow,
} from './rows.js';
import { Table } from './table.js';

/** What a modern Buildbot keeps in its database: everything that is still there after a master was killed. */
export class ModernDatabase {
  readonly masters = new Table<MasterRow, 'masterid'>('masterid');
  readonly builders = new Table<BuilderRow, 'builderid'>('builderid', ['name']);
  readonly workers = new Table<WorkerRow, 'workerid'>('workerid', ['name']);
  readonly buildsets = new Table<BuildsetRow, 'bsid'>('bsid', ['external_idstring', 'parent_buildid']);
  readonly requests = new Table<RequestRow, 'buildrequestid'>('buildrequestid', ['buildsetid']);
  readonly builds = new Table<BuildRow, 'buildid'>('buildid', ['buildrequestid', 'builderid']);
  readonly steps = new Table<StepRow, 'stepid'>('stepid', ['buildid']);
  readonly logs = new Table<LogRow, 'logid'>('logid', ['stepid']);
  /** By the id of the log. */
  readonly contents = new Map<number, string>();
  readonly setProperties = new Map<number, Properties>();
  readonly buildProperties = new Map<number, Map<string, Property>>();
  /** Accounts by the cookies of their sessions; null for an anonymous one. */
  readonly sessions = new Map<string, string | null>();
  readonly events = new EventQueue();
  /** Claims of ids that no request has yet: cancellations of unknown ids leave them behind. */
  readonly strayClaims = new Map<number, number>();

  private readonly pending = new Map<number, Map<number, RequestRow>>();

  /** @param now epoch seconds */
  constructor(private readonly now: () => number) {}

  /** Epoch seconds, whole as all times in the database. */
  time(): number {
    return Math.floor(this.now());
  }

  /** Open requests that nobody has claimed, oldest first. */
  pendingOf(builderid: number): RequestRow[] {
    return [...(this.pending.get(builderid)?.values() ?? [])];
  }

  addRequest(row: Pick<RequestRow, 'buildsetid' | 'builderid' | 'priority' | 'waited_for'>): RequestRow {
    const request = this.requests.insert({
      ...row,
      ...{ submitted_at: this.time(), claimed: false, claimed_at: null, claimed_by_masterid: null },
      ...{ complete: false, complete_at: null, results: OPEN },
    });
    this.events.produce('buildrequests', request, 'new');
    const claimant = this.strayClaims.get(request.buildrequestid);
    if (claimant === undefined) this.addPending(request);
    else this.claim(request, claimant);
    return request;
  }

  deleteRequest(request: RequestRow): void {
    this.pending.get(request.builderid)?.delete(request.buildrequestid);
    this.requests.delete(request.buildrequestid);
  }

  claim(request: RequestRow, masterid: number): void {
    Object.assign(request, { claimed: true, claimed_at: this.time(), claimed_by_masterid: masterid });
    this.pending.get(request.builderid)?.delete(request.buildrequestid);
    this.events.produce('buildrequests', request, 'claimed');
  }

  unclaim(request: RequestRow): void {
    Object.assign(request, { claimed: false, claimed_at: null, claimed_by_masterid: null });
    this.addPending(request);
    this.events.produce('buildrequests', request, 'unclaimed');
  }

  completeRequest(request: RequestRow, results: number): void {
    this.complete(request, results);
    this.pending.get(request.builderid)?.delete(request.buildrequestid);
    this.events.produce('buildrequests', request, 'complete');
  }

  addBuild(row: Omit<BuildRow, 'buildid' | 'started_at' | 'complete' | 'complete_at' | 'results'>): BuildRow {
    const build = this.builds.insert({
      ...{ ...row, started_at: this.time() },
      ...{ complete: false, complete_at: null, results: null },
    });
    this.events.produce('builds', build, 'new');
    return build;
  }

  completeBuild(build: BuildRow, results: number, text: string): void {
    this.complete(build, results);
    build.state_string = text;
    this.events.produce('builds', build, 'finished');
  }

  completeSet(set: BuildsetRow, results: number): void {
    this.complete(set, results);
    this.events.produce('buildsets', set, 'complete');
  }

  complete(row: RequestRow | BuildRow | BuildsetRow | StepRow, results: number): void {
    Object.assign(row, { complete: true, complete_at: this.time(), results });
  }

  private addPending(request: RequestRow): void {
    const pending = this.pending.get(request.builderid);
    if (pending) pending.set(request.buildrequestid, request);
    else this.pending.set(request.builderid, new Map([[request.buildrequestid, request]]));
  }

  builderNamed(name: string): BuilderRow {
    const [known] = this.builders.of('name', name);
    return known ?? this.builders.insert({ name, description: null, tags: [], masterids: [] });
  }

  newestBuild(buildRequestId: number): BuildRow | undefined {
    return this.builds.of('buildrequestid', buildRequestId).at(-1);
  }

  addStep(build: BuildRow, name: string): StepRow {
    const number = this.steps.of('buildid', build.buildid).length;
    return this.steps.insert({
      ...{ buildid: build.buildid, number, name, started_at: this.time(), state_string: 'running' },
      ...{ complete: false, complete_at: null, results: null },
    });
  }

  addLog(step: StepRow, name: string, text: string): void {
    const log = this.logs.insert({
      ...{ stepid: step.stepid, name, slug: name, type: 's', complete: true },
      num_lines: text.split('\n').length - 1,
    });
    this.contents.set(log.logid, text);
  }
}
