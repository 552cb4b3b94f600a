import { bridsOf, type Build } from './build.js';
import type { BuildCourse } from './course.js';
import type { Picker } from './picker.js';
import type { BuilderSetting, BuildResult } from './plan.js';
import type { MasterIdentity } from './scheduler/claims.js';

/** What one look shows of a build in progress. */
export interface BuildInProgress {
  buildername: string;
  /** undefined in the window between the claim and the builds row. */
  number: number | undefined;
  buildRequestIds: number[];
}

export interface ProcessOptions {
  builders: readonly BuilderSetting[];
  /** Seconds. */
  pollInterval: number;
  /** Seconds. */
  retryPause: number;
}

const FOUR_WORKERS = [1, 2, 3, 4].map((number) => `bld-sandbox-${number}`);

/** One run of a master's process: the builds in its memory. A kill forgets it, a restart makes another. */
export class MasterProcess {
  private readonly wakeAt = new Map<string, number>();
  private builds: Build[] = [];
  private nextPoll = -Infinity;

  constructor(
    readonly identity: MasterIdentity,
    private readonly options: ProcessOptions,
    private readonly picker: Picker,
    private readonly course: BuildCourse,
  ) {}

  /** Does what is due. @returns whether anything happened, so that more may be due */
  async advance(now: number): Promise<boolean> {
    const moved = await this.advanceBuilds(now);
    const picked = await this.pickWork(now);
    return moved || picked;
  }

  poll(): void {
    this.nextPoll = -Infinity;
  }

  stop(buildername: string, number: number): boolean {
    const build = this.find(
      'running',
      (candidate) => candidate.builder.name === buildername && candidate.number === number,
    );
    if (build) build.stopped = true;
    return build !== undefined;
  }

  finish(brid: number, results?: BuildResult): boolean {
    const build = this.find('running', (candidate) => bridsOf(candidate).includes(brid));
    if (!build) return false;
    build.released = true;
    if (results !== undefined) build.plan = { ...build.plan, results };
    return true;
  }

  loseWorker(brid: number): void {
    const build = this.find('claimed', (candidate) => bridsOf(candidate).includes(brid));
    if (!build) throw new Error(`request ${brid} does not wait for a worker`);
    build.plan = { ...build.plan, deadWorker: true };
  }

  inProgress(): BuildInProgress[] {
    return this.builds.map((build) => ({
      buildername: build.builder.name,
      number: build.phase === 'claimed' ? undefined : build.number,
      buildRequestIds: bridsOf(build),
    }));
  }

  private find(phase: Build['phase'], matches: (build: Build) => boolean): Build | undefined {
    return this.builds.find((build) => build.phase === phase && matches(build));
  }

  private async advanceBuilds(now: number): Promise<boolean> {
    let moved = false;
    for (const build of [...this.builds]) {
      let progress = await this.course.advance(build, this.identity, now);
      moved ||= progress !== 'unchanged';
      while (progress === 'changed') progress = await this.course.advance(build, this.identity, now);
      if (progress === 'unchanged') continue;

      this.builds = this.builds.filter((other) => other !== build);
      const pause = progress === 'returned' ? this.options.retryPause : 0;
      if (pause > 0) this.picker.postpone(bridsOf(build), now + pause);
      this.wake(build.builder.name, now + pause);
    }
    return moved;
  }

  /** A builder looks for work when the database is polled, and when one of its workers has become free. */
  private async pickWork(now: number): Promise<boolean> {
    const polled = now >= this.nextPoll;
    if (polled) {
      this.nextPoll = now + this.options.pollInterval;
      await this.picker.expireClaims(now);
    }
    let picked = false;
    for (const builder of this.options.builders) {
      const awake = now >= (this.wakeAt.get(builder.name) ?? Infinity);
      if (awake) this.wakeAt.delete(builder.name);
      if (!polled && !awake) continue;
      for (const worker of this.freeWorkers(builder)) {
        const build = await this.picker.pick(builder, worker, this.identity, now);
        if (!build) break;
        this.builds.push(build);
        picked = true;
      }
    }
    return picked;
  }

  private freeWorkers(builder: BuilderSetting): string[] {
    const busy = this.builds
      .filter((build) => build.builder.name === builder.name)
      .map(({ worker }) => worker);
    return (builder.workers ?? FOUR_WORKERS).filter((worker) => !busy.includes(worker));
  }

  private wake(buildername: string, at: number): void {
    this.wakeAt.set(buildername, Math.min(at, this.wakeAt.get(buildername) ?? Infinity));
  }
}
