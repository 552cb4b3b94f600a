import type { BuilderConfiguration, MasterConfiguration } from '../configuration.js';
import type { BuildRow, Property, RequestRow } from '../database/rows.js';
import { RETRY } from '../results.js';
import { type BuildSite, BuildRun } from './build-run.js';
import { CANCELS_WHILE_TAKEN, type MasterContext } from './context.js';
import { Requests } from './requests.js';
import { describeWorker, workerRow } from './worker-rows.js';
import type { WorkerSlot } from './worker.js';

/** One process of a master: it takes requests, builds them and obeys the calls of its web server. */
export class MasterProcess implements BuildSite {
  readonly requests: Requests;
  /** By the id of the request. */
  private readonly runs = new Map<number, BuildRun>();
  /** Requests that are claimed and not yet built, with the reason of a cancellation that came meanwhile. */
  private readonly taken = new Map<number, string | undefined>();
  /** Builds that have ended, while the ends of their requests are still to come. */
  private completing = 0;
  private takesRequests = true;
  private isShuttingDown = false;
  private isWoken = false;
  private ending: (() => void) | undefined;
  private readonly unwatch: (() => void)[] = [];

  constructor(readonly context: MasterContext) {
    this.requests = new Requests(context, () => this.wake());
    for (const slot of context.workers.values())
      this.unwatch.push(slot.process.watch(() => this.workerChanged(slot)));
    this.configure(context.configuration);
  }

  /** What a master does before its web server answers: what it had in hand when it died will be built again. */
  static recover({ database, masterid }: Pick<MasterContext, 'database' | 'masterid'>): void {
    for (const build of database.builds.all())
      if (build.masterid === masterid && !build.complete) database.complete(build, RETRY);
    for (const request of database.requests.all())
      if (request.claimed_by_masterid === masterid && !request.complete) database.unclaim(request);
    database.strayClaims.clear();
  }

  /** Looks for work. */
  wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    this.context.agenda.after(0, () => {
      this.isWoken = false;
      for (const builder of this.context.configuration.builders) this.distribute(builder);
    });
  }

  /** The cancellation of a request, whatever becomes of it. */
  cancel(buildRequestId: number, reason: string): void {
    const { database, version, masterid } = this.context;
    const request = database.requests.get(buildRequestId);
    if (!request) database.strayClaims.set(buildRequestId, masterid);
    else if (request.complete) return;
    else if (!request.claimed) this.requests.cancelPending(request);
    else if (this.taken.has(buildRequestId) && version >= CANCELS_WHILE_TAKEN)
      this.taken.set(buildRequestId, reason);
    else this.runs.get(buildRequestId)?.cancel(reason);
  }

  runOf(buildRequestId: number): BuildRun | undefined {
    return this.runs.get(buildRequestId);
  }

  trigger(builder: string, parent: BuildRow, ended: (results: number) => void): number {
    const { builderid } = this.context.database.builderNamed(builder);
    const [, requests] = this.requests.add({
      ...{ builderIds: [builderid], externalId: null, reason: 'triggered', parent, sourcestamp: {} },
      properties: new Map([['scheduler', ['children', 'Scheduler']]]),
    });
    const id = requests[builderid]!;
    this.requests.onComplete(id, ended);
    return id;
  }

  ended(run: BuildRun, results: number): void {
    const { agenda, times, locks, database } = this.context;
    this.runs.delete(run.request.buildrequestid);
    this.free(run);
    locks.release(run.builder.lock);
    const pause = run.slot.note(results, times.quarantine);
    if (pause > 0) {
      run.slot.isQuarantined = true;
      agenda.after(pause, () => this.unpause(run.slot));
    }
    this.completing++;
    agenda.after(times.completion, () => {
      this.completing--;
      if (results === RETRY) database.unclaim(run.request);
      else this.requests.complete(run.request, results);
      this.wake();
      this.endIfIdle();
    });
  }

  pause(slot: WorkerSlot): void {
    slot.isPaused = true;
    workerRow(this.context, slot).paused = true;
  }

  /** Ends a quarantine as well. */
  unpause(slot: WorkerSlot): void {
    slot.isPaused = slot.isQuarantined = false;
    workerRow(this.context, slot).paused = false;
    this.wake();
  }

  /** Loads another configuration, while builds run. */
  configure(configuration: MasterConfiguration): void {
    const { database, masterid } = this.context;
    this.context.configuration = configuration;
    const names = new Set(configuration.builders.map(({ name }) => name));
    for (const row of database.builders.all())
      if (!names.has(row.name)) row.masterids = row.masterids.filter((id) => id !== masterid);
    for (const name of names) {
      const row = database.builderNamed(name);
      row.masterids = [...new Set([...row.masterids, masterid])];
    }
    for (const slot of this.context.workers.values()) describeWorker(this.context, slot);
    const workers = new Set(configuration.workers.map(({ name }) => name));
    for (const run of this.runs.values()) {
      const builder = configuration.builders.find(({ name }) => name === run.builder.name);
      if (builder?.workers.includes(run.slot.process.name)) continue;
      if (workers.has(run.slot.process.name)) run.abandon();
      else run.removeWorker();
      this.free(run);
    }
    this.wake();
  }

  /** Takes no more requests. @returns when the builds that run have ended */
  drain(): Promise<void> {
    this.takesRequests = false;
    return new Promise((resolve) => {
      this.ending = resolve;
      this.endIfIdle();
    });
  }

  /** The planned stop: the builds that run are cancelled. Waits for those that never end. */
  async shutDown(): Promise<void> {
    this.isShuttingDown = true;
    const drained = this.drain();
    for (const run of [...this.runs.values()]) run.shutDown();
    await drained;
    for (const row of this.context.database.builders.all())
      row.masterids = row.masterids.filter((id) => id !== this.context.masterid);
    this.context.database.masters.require(this.context.masterid).active = false;
  }

  /** Nothing is written any more. */
  kill(): void {
    this.context.agenda.end();
    for (const run of this.runs.values()) run.abandon();
    for (const end of this.unwatch) end();
  }

  private endIfIdle(): void {
    if (this.runs.size === 0 && this.completing === 0 && this.taken.size === 0) this.ending?.();
  }

  private free(run: BuildRun): void {
    run.slot.building.delete(run.builder.name);
  }

  private distribute(builder: BuilderConfiguration): void {
    const { database, locks, masterid } = this.context;
    const { builderid } = database.builderNamed(builder.name);
    while (this.takesRequests && locks.isFree(builder.lock)) {
      const slot = builder.workers
        .flatMap((name) => this.context.workers.get(name) ?? [])
        .find((one) => one.canBuild(builder.name));
      if (!slot) return;
      const request = this.nextOf(builder, builderid);
      if (!request) return;
      slot.building.add(builder.name);
      locks.take(builder.lock, () => undefined);
      database.claim(request, masterid);
      this.taken.set(request.buildrequestid, undefined);
      this.context.agenda.after(this.context.times.claim, () => this.build(request, builder, slot));
    }
  }

  private nextOf(builder: BuilderConfiguration, builderid: number): RequestRow | undefined {
    let next: RequestRow | undefined;
    for (const request of this.context.database.pendingOf(builderid)) {
      if (builder.isBuildable && !builder.isBuildable(request.buildrequestid)) continue;
      if (!next || request.priority > next.priority) next = request;
    }
    return next;
  }

  private build(request: RequestRow, builder: BuilderConfiguration, slot: WorkerSlot): void {
    const { database, masterid } = this.context;
    const cancelled = this.taken.get(request.buildrequestid);
    this.taken.delete(request.buildrequestid);
    const set = database.buildsets.require(request.buildsetid);
    const properties = new Map(database.setProperties.get(set.bsid));
    const owner = this.ownerOf(properties, request.builderid);
    const number = (database.builds.of('builderid', owner).at(-1)?.number ?? 0) + 1;
    const attempt = database.builds.of('buildrequestid', request.buildrequestid).length;
    const build = database.addBuild({
      ...{ number, builderid: owner, buildrequestid: request.buildrequestid, masterid },
      ...{ workerid: workerRow(this.context, slot).workerid, state_string: 'building' },
    });
    const { branch, revision, repository, project, codebase } = set.sourcestamps[0]!;
    const own = { buildername: builder.name, buildnumber: number, workername: slot.process.name };
    for (const [name, value] of Object.entries({ branch, revision, repository, project, codebase, ...own }))
      properties.set(name, [
        value,
        name === 'buildername' ? 'Builder' : name === 'workername' ? 'Worker' : 'Build',
      ]);
    database.buildProperties.set(build.buildid, properties);
    const { buildrequestid: buildRequestId } = request;
    const steps = builder.steps({ buildRequestId, buildername: builder.name, properties, attempt });
    const run = new BuildRun(this, build, request, builder, slot, steps);
    this.runs.set(buildRequestId, run);
    if (!slot.process.isRunning) run.loseWorker();
    else if (this.isShuttingDown) run.shutDown();
    else {
      run.begin();
      if (cancelled !== undefined) run.cancel(cancelled);
    }
  }

  /** The id of the builder that the build belongs to: some properties move it to another one, which may not exist yet. */
  private ownerOf(properties: ReadonlyMap<string, Property>, builderid: number): number {
    const name = properties.get('virtual_builder_name')?.[0];
    if (typeof name !== 'string') return builderid;
    const row = this.context.database.builderNamed(name);
    Object.assign(row, { tags: ['_virtual_'], masterids: [this.context.masterid] });
    return row.builderid;
  }

  private workerChanged(slot: WorkerSlot): void {
    describeWorker(this.context, slot);
    if (slot.process.isRunning) this.wake();
    else for (const run of [...this.runs.values()]) if (run.slot === slot) run.loseWorker();
  }
}
