/**
 * Turns that several instances take, so that recurring work is done once per interval and not once per instance.
 * A turn is not a lock: an instance whose work fails gives it back, and after a crash the next turn follows on time.
 */
export abstract class TurnStore {
  /**
   * Takes the next turn of recurring work.
   *
   * @param name of the work
   * @param now epoch seconds
   * @param gap seconds that must have passed since any instance took the last turn
   * @returns whether the turn is the caller's
   * @throws Unavailable when the bridge's database is unavailable
   */
  abstract take(name: string, now: number, gap: number): Promise<boolean>;

  /**
   * Gives back a turn whose work failed, so that the next instance can take it. Does nothing when another turn was taken since.
   *
   * @param takenAt the `now` with which it was taken
   * @throws Unavailable when the bridge's database is unavailable
   */
  abstract giveBack(name: string, takenAt: number): Promise<void>;
}
