import { createMatcher } from '@bbb/rules';

interface Foreign {
  /** Finds the syntax in a pattern without its escapes and character classes. */
  found: RegExp;
  advice: string;
}

/** Syntax of Python's `re` that JavaScript rejects or reads with another meaning. */
const PYTHON_ONLY: Foreign[] = [
  { found: /\(\?P</, advice: 'write a named group as (?<name>...)' },
  { found: /\(\?P=/, advice: 'write a reference to a named group as \\k<name>' },
  { found: /\(\?#/, advice: 'remove the comment group' },
  { found: /\(\?\(/, advice: 'conditional groups do not exist; write two patterns' },
  { found: /\(\?[aiLmsux-]+[:)]/, advice: 'remove the inline flags; write [aA] where both cases are meant' },
  { found: /\\A/, advice: 'leave \\A out; a pattern is anchored at its start anyway' },
  { found: /\\Z/, advice: 'write \\Z as $' },
  { found: /\{,\d*\}/, advice: 'write {,n} as {0,n} and {,} as *' },
  { found: /[*+?}]\+/, advice: 'remove the + that keeps a repetition from giving text back' },
  { found: /\(\?>/, advice: 'write the atomic group (?>...) as (?:...)' },
];

/**
 * Letters after a backslash that mean the same in both. Others are the letter itself in JavaScript (\\c starts a control
 * character), while Python has another meaning or an error; Python 2.7 had no \\u.
 */
const COMMON_ESCAPES = 'bBdDsSwWfnrtvxkAZ';

/** A bracket at the beginning of a class: a character in Python, the end of the class in JavaScript. */
const BRACKET_FIRST = /\[\^?\]/;
const ORDINARY_CLASS = /\[(?:\^[^\]]|[^\]^])[^\]]*(?:\]|$)/g;

/**
 * The problem and remedy for a pattern that was written for Python and is read as JavaScript's; undefined when both read
 * it alike.
 */
export function findPatternProblem(pattern: string): string | undefined {
  const shown = JSON.stringify(pattern);
  // Classes and escapes other than \A and \Z are removed: what looks like syntax inside them is not syntax.
  const bare = pattern.replace(/\\[^AZ]/g, '_').replace(/\[\^?\]?[^\]]*(?:\]|$)/g, '_');
  if (BRACKET_FIRST.test(pattern.replace(/\\./g, '_').replace(ORDINARY_CLASS, '_')))
    return `the pattern ${shown} has a class that begins with a bracket: write it as \\]`;
  const escape = [...pattern.matchAll(/\\(.)/gs)].find(
    ([, letter]) => /[a-z]/i.test(letter!) && !COMMON_ESCAPES.includes(letter!),
  )?.[0];
  if (escape !== undefined)
    return `the pattern ${shown} has ${escape}, which Python and JavaScript read differently: write the character itself, or \\xNN`;
  const foreign = PYTHON_ONLY.find(({ found }) => found.test(bare));
  if (foreign) return `the pattern ${shown} uses syntax that only Python knows: ${foreign.advice}`;
  try {
    createMatcher(pattern);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(': ').at(-1)! : 'unreadable';
    return `the pattern ${shown} is not a regular expression: ${reason}`;
  }
}
