import type { Situation } from './situation.js';

/** Seconds for which a build that is not observed any more is remembered, at least; at most twice as long. */
const REMEMBERED = 3600;

/**
 * Remembers since when this process has seen builds finished. Buildbot's own times are by the clocks of its masters, which
 * may be wrong. After a restart it counts anew.
 */
export class SeenEnds {
  private before = new Map<string, number>();
  private current = new Map<string, number>();
  private turnedAt: number | undefined;

  /**
   * @param now epoch seconds
   * @returns for how many seconds the build of the situation has been seen finished; undefined while it is not finished
   */
  measure({ taskId, request }: Pick<Situation, 'taskId' | 'request'>, now: number): number | undefined {
    if (request?.state.at !== 'finished') return undefined;
    this.turnedAt ??= now;
    if (now - this.turnedAt >= REMEMBERED) {
      this.before = this.current;
      this.current = new Map();
      this.turnedAt = now;
    }
    const key = `${taskId}/${request.state.build.buildId}`;
    const since = this.current.get(key) ?? this.before.get(key) ?? now;
    this.current.set(key, since);
    return Math.max(0, now - since);
  }
}
