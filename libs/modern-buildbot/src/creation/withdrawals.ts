/**
 * Withdrawals that another process may still be carrying out: between the withdrawal at the master and the deletion of
 * the row that follows it, nobody may create for the same key again.
 */
export class Withdrawals {
  /** By the id of the build set: when it was first met, in milliseconds since the process began. */
  private readonly met = new Map<number, number>();

  /** @param grace seconds that carrying one out may take */
  constructor(private readonly grace: number) {}

  /** Whether a withdrawal may still be under way; counts from when it was first met here, so that no clock matters. */
  isUnderWay(buildset: number): boolean {
    const now = performance.now();
    const since = this.met.get(buildset);
    if (since === undefined) {
      if (this.met.size > 10_000) this.met.clear();
      this.met.set(buildset, now);
      return true;
    }
    return now - since < this.grace * 1000;
  }

  /** This process has carried it out, or has failed to. */
  settle(buildset: number): void {
    this.met.set(buildset, -Infinity);
  }
}
