import { describe, expect, it } from '@jest/globals';
import { patternProblem } from './pattern.js';

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
  ])('finds nothing wrong with %s', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined();
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
  ])('tells how to write %s', (pattern, advice) => {
    expect(patternProblem(pattern)).toContain('only Python knows');
    expect(patternProblem(pattern)).toContain(advice);
  });

  it.each(['(', '[a', '*', 'a)('])('refuses %s', (pattern) => {
    expect(patternProblem(pattern)).toMatch(/no regular expression: \S+/);
  });
});
