import { CANCELLED, type RequestRow, RETRY, SKIPPED, SUCCESS } from './farm.js';
import { type Build, Master } from './master.js';

/** Seconds of silence after which Buildbot takes a master for gone, with the time until it looks. */
const DEAD_AFTER = 661;

/** Seconds after which a request is complete, or waits again, at the latest. */
const RETIRES_AFTER = 60;

/** No master has this name. */
const FORMER = 'bm09';

/**
 * A master of Buildbot 3.7 and newer. It tells the bridge nothing, and builds each request alone. What it has claimed and
 * lost stays claimed, and nobody can cancel it, until the master starts again: then it is built again.
 */
export class ModernMaster extends Master {
  /** Nothing is written: what it was building looks as if it went on. */
  override kill(): void {
    this.isUp = false;
    for (const { rows } of this.builds.splice(0)) for (const row of rows) row.wasGivenBack = true;
  }

  override restart(): void {
    if (this.isUp) return;
    super.restart();
    this.#giveUp(({ claimedBy }) => claimedBy?.master === this.name);
  }

  /** It is killed, and starts under another name: what it had is given up much later. */
  move(): void {
    this.kill();
    for (const { claimedBy } of this.farm.requests.values())
      if (claimedBy?.master === this.name)
        Object.assign(claimedBy, { master: FORMER, until: this.farm.now() + DEAD_AFTER });
    this.restart();
  }

  /** It is stopped as planned: running builds are cancelled, and their requests are complete. */
  shutDown(): void {
    if (!this.isUp) return;
    while (this.retire());
    for (const build of this.builds.splice(0)) {
      if (build.phase === 'claimed') {
        this.unclaim(build);
        continue;
      }
      this.finish(build, CANCELLED);
      for (const row of build.rows) row.wasShutDown = true;
      for (const request of build.requests) {
        this.farm.complete(request, CANCELLED);
        request.wasDropped = true;
      }
    }
    this.isUp = false;
  }

  /**
   * After a change of its configuration or an outage of its database it forgets a build; the request stays claimed.
   *
   * @param results of the build; undefined when its end is not written either
   */
  lose(results?: number): void {
    const build = this.firstOf('running');
    if (!build) return;
    if (results !== undefined) this.finish(build, results);
    this.remove(build);
    for (const row of build.rows) row.wasGivenBack = true;
  }

  /** Whether it, under this name or an earlier one, has claimed the request, and knows nothing of it. */
  override hasLost(request: RequestRow): boolean {
    return (
      !request.complete &&
      [this.name, FORMER].includes(request.claimedBy?.master ?? '') &&
      !this.builds.some(({ requests }) => requests.includes(request))
    );
  }

  /** A step that is skipped leaves its build a success. */
  override end(results: number): boolean {
    return super.end(results === SKIPPED ? SUCCESS : results);
  }

  /** It completes requests soon after the ends of their builds. */
  override tick(): void {
    const isLate = ({ rows: [row] }: Build) =>
      this.farm.now() - (row?.finishTime ?? Infinity) >= RETIRES_AFTER;
    while (this.builds.some((build) => build.phase === 'ended' && isLate(build)) && this.retire());
    this.#giveUp(({ claimedBy }) => (claimedBy?.until ?? Infinity) <= this.farm.now());
  }

  /** The last builds of the requests end in RETRY if they have not ended, and the requests wait again. */
  #giveUp(isDue: (request: RequestRow) => boolean): void {
    for (const request of this.farm.requests.values()) {
      if (request.complete || !isDue(request)) continue;
      const last = request.builds.at(-1);
      if (last) last.wasGivenBack = true;
      if (last?.finishTime === null)
        Object.assign(last, { finishTime: Math.floor(this.farm.now()), outcome: RETRY });
      Object.assign(request, { claimedAt: 0, claimedBy: null });
    }
  }
}
