import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BoundedPattern } from './bounded-pattern.js';

/** Names that make patterns of JavaScript's own engine try without end. */
const HOSTILE = [
  ['^(?:[a-z]+)+$', `${'a'.repeat(254)}!`],
  ['(a|a)*b', 'a'.repeat(255)],
  ['(?:a|ab|b)*c', 'ab'.repeat(127)],
  ['^release-(\\w+\\s?)+$', `release-${'x'.repeat(240)}!`],
  ['^((a+)+|b)$', `${'a'.repeat(254)}!`],
  ['(x+x+)+y', 'x'.repeat(255)],
  ['^(?:.*a){9}b', 'a'.repeat(255)],
  ['.*.*.*.*.*x', 'y'.repeat(255)],
  ['^(?=(?:a+)+b)', 'a'.repeat(255)],
  ['^builder (\\d+)*\\.$', `builder ${'1'.repeat(240)}`],
  ['[a-z]*a[a-z]*[a-z]{0,5}!?0', 'a'.repeat(255)],
  ['(?:a?){200}a{50}b', 'a'.repeat(255)],
  ['^(?:(?:a*)*)*b$', 'a'.repeat(255)],
] as const;

describe('BoundedPattern', () => {
  it.each(HOSTILE)('decides %s on a hostile name within the bound', (pattern, name) => {
    const bounded = new BoundedPattern(pattern);
    expect(bounded.matchesStart(name)).toBe(false);
    expect(bounded.matchesAnywhere(name)).toBe(false);
  });

  it('stops at the bound when references to groups cause too many steps', () => {
    const bounded = new BoundedPattern('(a+)+\\1b');
    expect(bounded.matchesStart('a'.repeat(255))).toBeUndefined();
    expect(bounded.matchesStart('aab')).toBe(true);
    expect(new BoundedPattern('.*').matchesStart('a'.repeat(513))).toBeUndefined();
  });

  it('still works after the bound was reached', () => {
    const bounded = new BoundedPattern('((?:a+)+)\\1b');
    expect(bounded.matchesStart('a'.repeat(255))).toBeUndefined();
    expect(bounded.matchesStart('aab')).toBe(true);
    expect(bounded.matchesStart('ab')).toBe(false);
  });

  it.each(['(', '[a', '*', '(?P<x>a)'])('throws for %s', (pattern) => {
    expect(() => new BoundedPattern(pattern)).toThrow(SyntaxError);
  });

  it.each(['(?:a{1,100}){1,100}', 'a{5001}'])('throws for %s, which is too large', (pattern) => {
    expect(() => new BoundedPattern(pattern)).toThrow('smaller repetition counts');
  });

  it("agrees with JavaScript's own engine", () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', 'ba', '^', '$', '\\b', '\\B', 'A');
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { maxDepth: 3, depthIdentifier: 'pattern' },
        atom,
        fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => one + other),
        fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '+?'))
          .map(([one, count]) => `(?:${one})${count}`),
        tie('pattern').map((one) => `(${one})`),
        fc
          .tuple(fc.constantFrom('?=', '?!', '?<=', '?<!'), tie('pattern'))
          .map(([kind, one]) => `(${kind}${one})`),
      ),
    }));
    const text = fc.stringMatching(/^[abA -]{0,8}$/);
    fc.assert(
      fc.property(pattern, text, (source, name) => {
        const bounded = new BoundedPattern(source);
        expect(bounded.matchesStart(name)).toBe(new RegExp(`^(?:${source})`).test(name));
        expect(bounded.matchesAnywhere(name)).toBe(new RegExp(source).test(name));
        const either = new BoundedPattern(source, 'either case');
        expect(either.matchesAnywhere(name)).toBe(new RegExp(source, 'i').test(name));
      }),
      { numRuns: 3000, seed: 20 },
    );
  });
});
