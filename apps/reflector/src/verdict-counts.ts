import type { Verdict } from '@bbb/rules';

/** What became of the tasks of one pass. */
export class VerdictCounts {
  private readonly counts = new Map<Verdict | 'failed', number>();

  async countOutcome(reconciling: Promise<Verdict>): Promise<void> {
    try {
      this.count(await reconciling);
    } catch (error) {
      this.count('failed');
      throw error;
    }
  }

  toObject(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  private count(outcome: Verdict | 'failed'): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }
}
