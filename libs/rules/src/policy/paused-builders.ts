import type { Pause } from '../ports/pause-store.js';
import { createMatcher } from './python-pattern.js';

/** Characters of a name that patterns are tried on; longer names are rejected before. */
const LONGEST_NAME = 255;

/** Finds the pause that holds a builder back. Created for the pauses that are in force. */
export class PausedBuilders {
  readonly #pauses: { pause: Pause; matches: (name: string) => boolean }[];

  constructor(pauses: readonly Pause[]) {
    this.#pauses = pauses.map((pause) => ({ pause, matches: createTaskMatcher(pause) }));
  }

  /** The oldest pause that holds this builder back; undefined when none does. */
  find(buildername: string): Pause | undefined {
    const beginning = buildername.slice(0, LONGEST_NAME);
    return this.#pauses.find(({ matches }) => matches(beginning))?.pause;
  }
}

/** A pattern that is undecided, or that this version cannot read, pauses: too few builds do less harm than too many. */
function createTaskMatcher({ builders }: Pause): (name: string) => boolean {
  try {
    return createMatcher(builders, 'exact', true);
  } catch {
    return () => true;
  }
}
