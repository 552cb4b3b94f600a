import { BoundedPattern, type Spelling } from './bounded-pattern.js';

/**
 * A regular expression from the configuration with the semantics of Python's `re.match`: anchored at the start only.
 * Its work is bounded, so that no text can block the process.
 *
 * @param undecided the answer for a text on which the bound was reached
 * @throws SyntaxError when JavaScript does not support the syntax, or the pattern is too large
 */
export function createMatcher(
  pattern: string,
  spelling: Spelling = 'exact',
  undecided = false,
): (text: string) => boolean {
  const bounded = new BoundedPattern(pattern, spelling);
  return (text) => bounded.matchesStart(text) ?? undecided;
}
