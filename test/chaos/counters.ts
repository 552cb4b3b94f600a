/** Counts of what happened, by name. */
export class Tally {
  private readonly counts = new Map<string, number>();

  count(name: string, by = 1): void {
    this.counts.set(name, this.of(name) + by);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** All counts whose names begin so. */
  sum(prefix: string): number {
    return Object.entries(this.all()).reduce(
      (sum, [name, count]) => sum + (name.startsWith(prefix) ? count : 0),
      0,
    );
  }

  all(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => a.localeCompare(b)));
  }
}
