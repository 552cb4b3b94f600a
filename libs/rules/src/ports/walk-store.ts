import type { AbsenceCount } from '../decision/mass-absence.js';

/** The rest of a walk over the tracked tasks, which a reflector offers to all. */
export interface OfferedWalk extends AbsenceCount {
  /** Identifies the pass: its begin, in epoch seconds. */
  pass: number;
  /** Where the rest begins that nobody has taken; null: all is taken. */
  rest: string | null;
  /** Parts that were taken and are not counted yet. */
  parts: number;
  /** When it was offered, or a part last taken, in epoch seconds. */
  takenAt: number;
}

/** The walk that is offered, of which there is at most one. Methods throw {@link Unavailable}. */
export abstract class WalkStore {
  abstract read(): Promise<OfferedWalk | undefined>;

  /**
   * Offers the rest of a walk, unless another is offered of which a part was taken lately.
   *
   * @param now epoch seconds
   * @param patience seconds after which nobody is at work on another walk any more
   * @returns whether it is offered
   */
  abstract offer(pass: number, rest: string, now: number, patience: number): Promise<boolean>;

  /**
   * Takes the first part of the rest.
   *
   * @param next where the rest begins then; null: nowhere
   * @returns false when another instance has taken it
   */
  abstract take(
    offered: Pick<OfferedWalk, 'pass' | 'rest'>,
    next: string | null,
    now: number,
  ): Promise<boolean>;

  /** Adds the count of a part that was taken. */
  abstract count(pass: number, count: AbsenceCount): Promise<void>;
}
