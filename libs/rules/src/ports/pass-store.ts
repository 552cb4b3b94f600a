import type { Absence } from '../decision/mass-absence.js';

/** What the last passes of the reflectors found. */
export interface PassState extends Absence {
  /** Epoch seconds at which a pass last ended in which every step worked; null: none has. */
  finishedAt: number | null;
}

/** What reflectors tell every instance of their passes. Methods throw {@link Unavailable}. */
export abstract class PassStore {
  /** Zeros and nulls before the first pass. */
  abstract read(): Promise<PassState>;

  /**
   * Changes what is known of absences, by what is known when it is written.
   *
   * @param judge may be called again, when another has written meanwhile
   */
  abstract changeAbsence(judge: (known: Absence) => Absence): Promise<Absence>;

  /** @param now epoch seconds */
  abstract noteFinished(now: number): Promise<void>;

  /** Confirms that so many tasks are missing; false when not so many are doubted now. */
  abstract confirmMissing(missing: number): Promise<boolean>;
}
