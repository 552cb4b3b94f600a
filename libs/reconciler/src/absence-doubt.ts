import type { Facts, PassStore, Verdict } from '@bbb/rules';
import type { Situation } from './situation.js';

/** Whether a reflector has found so much missing at once that no absence is believed. */
export class AbsenceDoubt {
  #reading: Promise<boolean> | undefined;

  constructor(private readonly passes: PassStore) {}

  /** Whether the verdict would be another one if no absence were believed, and that has not been read yet. */
  matters({ absenceDoubted }: Situation, facts: Facts, verdict: Verdict, decide: (facts: Facts) => Verdict) {
    return absenceDoubted === undefined && decide({ ...facts, absenceDoubted: true }) !== verdict;
  }

  /**
   * One read serves all who ask while it is in progress.
   *
   * @throws Unavailable when the bridge's database is unavailable
   */
  isOn(): Promise<boolean> {
    this.#reading ??= this.passes
      .read()
      .then(({ doubtedSince }) => doubtedSince !== null)
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }
}
