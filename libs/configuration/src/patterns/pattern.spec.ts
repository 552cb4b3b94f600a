import { describe, expect, it } from '@jest/globals';
import { findPatternProblem } from './pattern.js';

describe('patternProblem', () => {
  it.each([
    '.*',
    '^release-.*$',
    '^((?!alder).)*$',
    '(?<kind>x)\\k<kind>',
    '[(?P<]',
    '\\\\A',
    '\\(\\?P<',
    'x{0,3}',
    '[\\]Z]',
    '[\\]abc]',
    '[[]',
    '\\[]',
    '[a][b]',
    '[a]]',
    '\\w+\\.\\x41\\d',
  ])('finds nothing wrong with %s', (pattern) => {
    expect(findPatternProblem(pattern)).toBeUndefined();
  });

  it.each([
    ['(?P<name>x)', '(?<name>...)'],
    ['(?P<n>x)(?P=n)', '(?<name>...)'],
    ['x(?P=n)', '\\k<name>'],
    ['(?i)release', 'inline flags'],
    ['(?i:release)', 'inline flags'],
    ['a(?#why)b', 'comment'],
    ['(a)?(?(1)b|c)', 'conditional'],
    ['\\Arelease', 'leave \\A out'],
    ['release\\Z', '\\Z as $'],
    ['[x]\\Z', '\\Z as $'],
    ['a{,3}', '{0,n}'],
    ['a{,}', '{,} as *'],
    ['a*+b', 'remove the +'],
    ['(?>ab)c', '(?:...)'],
  ])('says how to write %s', (pattern, advice) => {
    expect(findPatternProblem(pattern)).toContain('only Python knows');
    expect(findPatternProblem(pattern)).toContain(advice);
  });

  it.each(['(', '[a', '*', 'a)('])('refuses %s', (pattern) => {
    expect(findPatternProblem(pattern)).toMatch(/not a regular expression: \S+/);
  });

  it.each(['\\cR', '\\a', '\\u0041', '\\N', '[\\a]', '\\p', '\\e'])('refuses the escape %s', (pattern) => {
    expect(findPatternProblem(pattern)).toContain('Python and JavaScript read differently');
  });

  it.each(['[]abc]', '[^]abc]', 'x[]]'])('rejects %s, which Python reads differently', (pattern) => {
    expect(findPatternProblem(pattern)).toContain('write it as \\]');
  });

  it('rejects a pattern that is too large to run in bounded steps', () => {
    expect(findPatternProblem('(?:a{1,100}){1,100}')).toContain('smaller repetition counts');
  });
});
