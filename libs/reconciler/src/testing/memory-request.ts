import type { RequestSpec, BuildRef, RequestSnapshot, RequestState } from '@bbb/rules';

const RETRY = 5;
const CANCELLED = 6;

interface MemoryBuild extends BuildRef {
  /** Undefined while the build runs. */
  results?: number | null;
}

/** Builds get their ids from one count, whichever request they belong to. */
let builds = 800;

/** A build request as a master moves it: one request survives any number of builds that end in RETRY. */
export class MemoryRequest {
  readonly builds: MemoryBuild[] = [];
  isOpen = true;
  #isClaimed = false;
  #results: number | null = null;
  #completeAt: number | null = null;

  isDropped = false;
  #endedAt: number | null = null;

  constructor(
    readonly buildRequestId: number,
    readonly order: RequestSpec,
  ) {}

  /** @returns the number of the build */
  start(): number {
    if (!this.isOpen) throw new TypeError('a complete request is not built');
    this.#isClaimed = true;
    const buildId = builds++;
    this.builds.push({ buildId, number: buildId - 700 });
    return buildId - 700;
  }

  end(results: number | null = null): void {
    const newest = this.builds.at(-1);
    if (!newest || newest.results !== undefined) throw new TypeError('no build runs');
    newest.results = results;
  }

  complete(results: number, now: number): void {
    const newest = this.builds.at(-1);
    if (newest) newest.results = results;
    this.isOpen = false;
    this.#results = results;
    this.#completeAt = now;
  }

  /** The master has lost the request: its build has ended, and it stays claimed. */
  stick(now: number): void {
    this.end();
    this.#endedAt = now;
  }

  /** Collapsed into another request, or ended by a shutdown of its master. */
  drop(): void {
    const newest = this.builds.at(-1);
    if (newest) newest.results ??= null;
    this.isOpen = false;
    this.isDropped = true;
  }

  requeue(): void {
    this.end(RETRY);
    this.giveBack();
  }

  /** The request of a build that has ended in RETRY is anybody's again. */
  giveBack(): void {
    this.#isClaimed = false;
  }

  /**
   * A waiting request becomes complete without a build, a running build ends as cancelled; between a build's end and
   * the request's there is nothing to stop.
   */
  stop(now: number): void {
    if (!this.isOpen) return;
    const newest = this.builds.at(-1);
    if (newest && newest.results === undefined) {
      this.complete(CANCELLED, now);
      return;
    }
    if (this.#isClaimed) return;
    this.isOpen = false;
    this.#results = 2;
    this.#completeAt = now;
  }

  snapshot(): RequestSnapshot {
    const { taskId, createdForRunId, buildername } = this.order;
    const key = { taskId, createdForRunId };
    return { buildRequestId: this.buildRequestId, key, buildername, state: this.#state() };
  }

  #state(): RequestState {
    const newest = this.builds.at(-1);
    if (!this.isOpen) {
      const completeAt = this.#completeAt;
      if (this.isDropped) return { at: 'dropped', build: newest ? refOf(newest) : null };
      if (!newest || newest.results === RETRY) return { at: 'cancelled', completeAt };
      return { at: 'finished', build: refOf(newest), results: this.#results, completeAt };
    }
    if (!newest) return { at: 'waiting' };
    if (newest.results === undefined) return { at: 'building', build: refOf(newest) };
    if (!this.#isClaimed) return { at: 'requeued', build: refOf(newest) };
    return { at: 'finishing', build: refOf(newest), since: this.#endedAt };
  }
}

function refOf({ buildId, number }: MemoryBuild): BuildRef {
  return { buildId, number };
}
