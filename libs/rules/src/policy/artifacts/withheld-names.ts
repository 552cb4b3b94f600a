import { BoundedPattern } from '../bounded-pattern.js';

/** Characters of a name that are matched; bounds the work of an operator's pattern. */
const MAX_LENGTH = 255;

/** Steps of all patterns over all names of one build; the properties of an ordinary build take some 20,000. */
export const MAX_STEPS = 500_000;

/** Names whose judgement is kept: those of a farm's builds are the same few hundred all the time. */
const MOST_KEPT = 1000;

/** Decides by their names which properties are withheld. */
export class WithheldNames {
  private readonly patterns: readonly BoundedPattern[];
  private readonly kept = new Map<string, boolean>();

  /** @throws SyntaxError for a pattern that is not a regular expression */
  constructor(patterns: readonly string[]) {
    this.patterns = patterns.map((pattern) => new BoundedPattern(pattern, 'either case'));
  }

  /** A judge for the names of one build. Once the patterns have taken too many steps, every further name is withheld. */
  createJudge(): (name: string) => boolean {
    const known = new Map<string, boolean>();
    let steps = 0;
    const judge = (name: string): boolean =>
      this.patterns.some((pattern) => {
        if (steps > MAX_STEPS) return true;
        const isFound = pattern.matchesAnywhere(name) ?? true;
        steps += pattern.steps;
        return isFound;
      });
    return (name) => {
      const looked = name.slice(0, MAX_LENGTH);
      const isWithheld = this.kept.get(looked) ?? known.get(looked) ?? judge(looked);
      known.set(looked, isWithheld);
      if (steps <= MAX_STEPS && this.kept.size < MOST_KEPT) this.kept.set(looked, isWithheld);
      return isWithheld;
    };
  }
}
