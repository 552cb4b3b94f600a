import { type BuildRow, CANCELLED, type Farm, type RequestRow, RETRY } from './farm.js';

/** A build in a master's memory. */
export interface Build {
  phase: 'claimed' | 'running' | 'ended';
  requests: RequestRow[];
  rows: BuildRow[];
  number: number;
  results: number;
  begunAt: number;
}

export type Tell = (kind: 'started' | 'log_uploaded', body: unknown) => void;

/** Builds that one master has at the same time. */
const WORKERS = 2;

/** Seconds between reclaims of the claim of a running build. */
const RECLAIM_INTERVAL = 600;

/** A Buildbot 0.8 master: its memory, and what it writes and tells. */
export class Master {
  readonly builds: Build[] = [];
  isUp = true;
  incarnation = 1;
  protected nextNumber: number;

  constructor(
    readonly name: string,
    firstNumber: number,
    protected readonly farm: Farm,
    private readonly tell: Tell,
    /** Request ids in one message at most. */
    private readonly idLimit: number,
  ) {
    this.nextNumber = firstNumber;
  }

  /** Takes the next work: claims it, without a build yet. */
  pick(which = 0): boolean {
    if (!this.isUp || this.builds.length >= WORKERS) return false;
    const requests = this.farm.claimable(this.name, this.incarnation, which);
    if (requests.length === 0) return false;
    for (const row of requests) {
      row.claimedAt = this.farm.now();
      row.claimedBy = { master: this.name, incarnation: this.incarnation };
    }
    this.builds.push({ phase: 'claimed', requests, rows: [], number: -1, results: 0, begunAt: 0 });
    return true;
  }

  /** The build begins. */
  begin(): boolean {
    const build = this.firstOf('claimed');
    if (!build) return false;
    build.phase = 'running';
    build.number = this.nextNumber++;
    build.begunAt = this.farm.now();
    build.rows = build.requests.map((row) => this.farm.addBuild(row, this.name, build.number));
    this.tell('started', this.#message(build, null));
    return true;
  }

  /** The worker turns out to be dead: the requests are given back, and nobody is told. */
  resubmit(): boolean {
    const build = this.firstOf('claimed');
    if (!build) return false;
    this.remove(build);
    this.unclaim(build);
    return true;
  }

  /** For how long the build that would end next has run (seconds). */
  get oldest(): number {
    const build = this.firstOf('running');
    return build ? this.farm.now() - build.begunAt : 0;
  }

  /** The build ends; its requests are not complete yet. */
  end(results: number): boolean {
    const build = this.firstOf('running');
    if (!build) return false;
    this.finish(build, results);
    return true;
  }

  /** The requests of an ended build become complete, or are given back for another build. */
  retire(): boolean {
    const build = this.firstOf('ended');
    if (!build) return false;
    this.remove(build);
    if (build.results === RETRY) {
      this.unclaim(build);
      return true;
    }
    for (const row of build.requests) this.farm.complete(row, build.results);
    return true;
  }

  /** Stops the build of this number, whosever it is. */
  stop(number: number): void {
    const build = this.builds.find((each) => each.phase === 'running' && each.number === number);
    if (build && this.isUp) this.finish(build, CANCELLED);
  }

  /** kill -9: nothing is written. */
  kill(): void {
    this.isUp = false;
    const unfinished = this.builds.filter(({ phase }) => phase === 'running');
    for (const { rows } of unfinished) rows.forEach((row) => (row.outcome = null));
    // A builder's next number is kept with its finished builds.
    this.nextNumber = Math.min(this.nextNumber, ...unfinished.map(({ number }) => number));
    this.builds.length = 0;
  }

  /** Whether it has claimed a request for good, and knows nothing of it: a master of Buildbot 0.8 never has. */
  hasLost(_request: RequestRow): boolean {
    return false;
  }

  restart(): void {
    if (this.isUp) return;
    this.isUp = true;
    this.incarnation++;
  }

  /** Reclaims the claims of what it works on. */
  tick(): void {
    if (!this.isUp) return;
    for (const { requests, phase } of this.builds) {
      if (phase === 'claimed') continue;
      for (const row of requests) {
        if (row.claimedAt > 0 && this.farm.now() - row.claimedAt >= RECLAIM_INTERVAL)
          row.claimedAt = this.farm.now();
      }
    }
  }

  protected firstOf(phase: Build['phase']): Build | undefined {
    return this.isUp ? this.builds.find((build) => build.phase === phase) : undefined;
  }

  protected remove(build: Build): void {
    this.builds.splice(this.builds.indexOf(build), 1);
  }

  protected finish(build: Build, results: number): void {
    build.phase = 'ended';
    build.results = results;
    for (const row of build.rows) {
      row.finishTime = Math.floor(this.farm.now());
      row.outcome = results;
    }
    this.tell('log_uploaded', this.#message(build, results));
  }

  protected unclaim({ requests }: Build): void {
    for (const row of requests) {
      Object.assign(row, { claimedAt: 0, claimedBy: null });
      const last = row.builds.at(-1);
      if (last) last.wasGivenBack = true;
    }
  }

  #message({ requests, number }: Build, results: number | null): unknown {
    const ids = requests.map(({ buildRequestId }) => buildRequestId).slice(0, this.idLimit);
    const properties: unknown[] = [
      ['taskId', requests.at(-1)?.spec.taskId, 'bbb'],
      ['buildnumber', number, 'Build'],
    ];
    if (results === null) return { payload: { build: { number, properties, results }, request_ids: ids } };
    properties.push(
      ['request_ids', ids, 'postrun.py'],
      ['log_url', 'https://logs.example.com/builds/1.txt.gz', 'postrun.py'],
    );
    return { payload: { build: { number, properties, results } } };
  }
}
