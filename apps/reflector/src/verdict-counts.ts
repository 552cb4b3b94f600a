import type { Verdict } from '@bbb/rules';

/** Counts the outcomes of one pass by verdict. */
export class VerdictCounts {
  private readonly counts = new Map<Verdict | 'failed', number>();

  async countOutcome(reconciling: Promise<Verdict>): Promise<Verdict> {
    try {
      const verdict = await reconciling;
      this.count(verdict);
      return verdict;
    } catch (error) {
      this.count('failed');
      throw error;
    }
  }

  toObject(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  count(outcome: Verdict | 'failed'): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
  }
}
