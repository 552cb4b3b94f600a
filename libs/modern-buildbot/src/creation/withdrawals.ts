/**
 * Withdrawals that another process may still be carrying out: between the withdrawal at the master and the deletion of the
 * row, no process may create a request for the same key.
 */
export class Withdrawals {
  /** By the id of the build set: when this process first saw it, by `uptime`. */
  private readonly firstSeen = new Map<number, number>();

  /**
   * @param grace maximum seconds for carrying out a withdrawal
   * @param uptime seconds since any fixed moment
   */
  constructor(
    private readonly grace: number,
    private readonly uptime: () => number,
  ) {}

  /** Whether a withdrawal may still be in progress. Counts from when this process first saw it, so clocks need not agree. */
  isUnderWay(buildset: number): boolean {
    const now = this.uptime();
    const since = this.firstSeen.get(buildset);
    if (since === undefined) {
      if (this.firstSeen.size > 10_000) this.firstSeen.clear();
      this.firstSeen.set(buildset, now);
      return true;
    }
    return now - since < this.grace;
  }

  /** Records that this process has finished the withdrawal, successfully or not. */
  settle(buildset: number): void {
    this.firstSeen.set(buildset, -Infinity);
  }
}
