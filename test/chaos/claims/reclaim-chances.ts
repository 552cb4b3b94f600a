/**
 * Seconds for which one and the same reflector must have been undisturbed before the end of a claim, so that the claim must
 * not expire: its start, three passes, and two calls that time out.
 */
const ENOUGH = 10;

/** Seconds between two looks above which it is unknown what has happened in between. */
const GAP = 2;

/** Records when which reflectors could reclaim: they ran, and reached Taskcluster and the database of the bridge. */
export class ReclaimChances {
  private readonly looks: { at: number; able: readonly string[] }[] = [];

  /**
   * @param at epoch seconds
   * @param able the names of the reflectors that run undisturbed, if they reach both sides
   */
  note(at: number, able: readonly string[]): void {
    this.looks.push({ at, able });
  }

  /** Whether some reflector was undisturbed for long enough in the time in which a claim is due to be reclaimed. */
  couldReclaim(takenUntil: number, reclaimWindow: number): boolean {
    const within = this.looks.filter(({ at }) => at >= takenUntil - reclaimWindow && at <= takenUntil);
    const names = new Set(within.flatMap(({ able }) => able));
    return [...names].some((name) => findLongestRun(within, name) >= ENOUGH);
  }
}

function findLongestRun(looks: readonly { at: number; able: readonly string[] }[], name: string): number {
  let longest = 0;
  let since: number | undefined;
  let last = -Infinity;
  for (const { at, able } of looks) {
    if (at - last > GAP || !able.includes(name)) since = undefined;
    if (able.includes(name)) {
      since ??= at;
      longest = Math.max(longest, at - since);
    }
    last = at;
  }
  return longest;
}
