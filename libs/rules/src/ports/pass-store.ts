import type { Absence } from '../decision/mass-absence.js';

/** Results of the reflectors' last passes. */
export interface PassState extends Absence {
  /** End of the last pass without a failed step, in epoch seconds; null before the first one. */
  finishedAt: number | null;
}

/** Shares the results of passes between all instances. Methods throw {@link Unavailable}. */
export abstract class PassStore {
  /** Zeros and nulls before the first pass. */
  abstract read(): Promise<PassState>;

  /**
   * Changes the known absence atomically.
   *
   * @param judge computes the change; called again when another instance has written in between
   */
  abstract changeAbsence(judge: (known: Absence) => Absence): Promise<Absence>;

  /** @param now epoch seconds */
  abstract noteFinished(now: number): Promise<void>;

  /** Confirms that so many tasks are missing; false when that is not the number that is doubted now. */
  abstract confirmMissing(missing: number): Promise<boolean>;
}
