/**
 * Turns that several instances take, so that recurring work is done once per interval and not once per instance.
 * Nobody holds anything: whoever fails after taking a turn is followed by whoever takes the next.
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
}
