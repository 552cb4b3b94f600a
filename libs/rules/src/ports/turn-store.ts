/**
 * Turns that several instances take, so that recurring work is done once per interval and not once per instance.
 * Nobody holds anything: who fails gives the turn back, and who dies with it is followed by the next one's.
 */
export abstract class TurnStore {
  /**
   * Takes the next turn of recurring work.
   *
   * @param name of the work
   * @param now epoch seconds
   * @param gap seconds that must have passed since the last turn was taken, by anybody
   * @returns whether the turn is the caller's
   * @throws Unavailable when the bridge's database is away
   */
  abstract take(name: string, now: number, gap: number): Promise<boolean>;

  /**
   * Gives a turn back whose work failed, so that the next one who asks has it. Does nothing when another has taken it.
   *
   * @param takenAt the `now` with which it was taken
   * @throws Unavailable when the bridge's database is unavailable
   */
  abstract giveBack(name: string, takenAt: number): Promise<void>;
}
