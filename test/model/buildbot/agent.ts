import type { Farm } from './farm.js';
import type { Master } from './master.js';

/** A cancellation that Self Serve has accepted. */
export interface Job {
  action: 'cancel-request' | 'cancel-build';
  id: number;
  /** It has found the request unclaimed, and will mark it complete without looking again. */
  isDecided: boolean;
}

/** Does what Self Serve promised, with no more care about claims, numbers and races than the real one takes. */
export class Agent {
  readonly jobs: Job[] = [];

  constructor(
    private readonly farm: Farm,
    private readonly masters: readonly Master[],
  ) {}

  accept(action: Job['action'], id: number): void {
    this.jobs.push({ action, id, isDecided: false });
  }

  /** @param slowly lets time pass between the look at an unclaimed request and the update */
  perform(index: number, slowly = false): void {
    const job = this.jobs[index];
    if (!job) return;
    if (this.#isHalfDone(job, slowly)) {
      job.isDecided = true;
      return;
    }
    this.jobs.splice(index, 1);
    if (job.action === 'cancel-build') this.#cancelBuild(job.id);
    else this.#cancelRequest(job);
  }

  #isHalfDone({ action, id, isDecided }: Job, slowly: boolean): boolean {
    const row = this.farm.requests.get(id);
    return slowly && !isDecided && action === 'cancel-request' && !row?.complete && row?.claimedAt === 0;
  }

  #cancelRequest({ id, isDecided }: Job): void {
    const row = this.farm.requests.get(id);
    if (!row) return;
    if (isDecided) return this.farm.markComplete(row);
    if (row.complete) return;
    if (row.claimedAt === 0) return this.farm.markComplete(row);
    // The first row that has not ended, which may be one that a crash left behind.
    const build = row.builds.find(({ finishTime }) => finishTime === null);
    if (build) this.#stop(row.claimedBy?.master, build.number);
  }

  #cancelBuild(id: number): void {
    for (const row of this.farm.requests.values()) {
      const build = row.builds.find(({ buildId }) => buildId === id);
      // The number is that of the build asked for; the master is whoever holds the request now.
      if (build && !row.complete) return this.#stop(row.claimedBy?.master, build.number);
    }
  }

  #stop(name: string | undefined, number: number): void {
    this.masters.find((master) => master.name === name)?.stop(number);
  }
}
