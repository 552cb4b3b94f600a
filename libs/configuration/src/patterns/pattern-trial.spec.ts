import { describe, expect, it } from '@jest/globals';
import { Folder } from '../../../platform/src/testing/folder.js';
import { LAST_LAYOUT, ROOT_URL } from '../testing/layouts.js';
import { ConfigurationError } from '../configuration-error.js';
import { loadConfiguration } from '../load-configuration.js';
import { patternProblems } from './pattern.js';
import { adversarialSamples } from './pattern-samples.js';
import { slowPatterns } from './pattern-trial.js';

describe('adversarialSamples', () => {
  it('leads to a repetition, repeats what it repeats, and ends otherwise', () => {
    const samples = adversarialSamples('release-(?:[x-z]+)+$');
    expect(samples).toContainEqual({ prefix: 'release-', pump: 'x', suffix: '!' });
  });

  it('repeats what each alternative takes', () => {
    const pumps = adversarialSamples('(?:ab|cd)*e').map(({ pump }) => pump);
    expect(pumps).toEqual(expect.arrayContaining(['ab', 'cd']));
  });

  it('stays small for a large pattern', () => {
    expect(adversarialSamples('(a+b*|c{2,}d?)*'.repeat(200)).length).toBeLessThan(2000);
  });
});

describe('slowPatterns', () => {
  it.each([
    '^release-.*$',
    '^((?!alder).)*$',
    '.*',
    '^(?:Linux|Windows|OS X) [a-z-]+ (?:build|test)$',
    '\\S+ \\S+ \\S+',
    '^release-(?:mozilla-(?:beta|release|esr\\d+)-)?[\\w.-]+_(?:chcksms|bncrsub)$',
    '(?<kind>x+)-\\k<kind>',
    'a{2,5}b',
    'plain',
    '',
  ])('lets %s pass', (pattern) => {
    expect([...slowPatterns([pattern])]).toEqual([]);
  });

  it.each([
    '^(?:[a-z]+)+$',
    '(a|a)*b',
    '(?:a|ab|b)*c',
    '^release-(\\w+\\s?)+$',
    '^((a+)+|b)$',
    '(x+x+)+y',
    '^(?:.*a){9}b',
    '.*.*.*.*.*x',
    '^(?=(?:a+)+b)',
    '^builder (\\d+)*\\.$',
    '(?:[A-Z]+)+$',
  ])('finds out %s', (pattern) => {
    expect([...slowPatterns(['fine.*', pattern, 'also-fine+'])]).toEqual([pattern]);
  });
});

describe('slowPatterns of what is looked for anywhere', () => {
  it('finds out what takes long only because it may begin anywhere', () => {
    const pattern = '[a-z]*a[a-z]*[a-z]{0,5}!?0';
    expect([...slowPatterns([pattern])]).toEqual([]);
    expect([...slowPatterns([pattern, 'token', '^pass.*word$', '(?:^|_)key'], 'anywhere')]).toEqual([
      pattern,
    ]);
  });
});

describe('loadConfiguration', () => {
  it('tries each kind of patterns as it is used', () => {
    const folder = new Folder();
    const pattern = '[b-y]*c[b-y]*[b-y]{0,5}!?0';
    const load = (changes: object) =>
      loadConfiguration('reflector', {
        file: folder.write('config.json', { ...LAST_LAYOUT, ...changes }),
        environment: { TASKCLUSTER_ROOT_URL: ROOT_URL },
      });
    try {
      expect(() => load({ restricted_builders: [pattern] })).not.toThrow();
      expect(() => load({ artifacts: { withheld_properties: [pattern] } })).toThrow(
        /withheld_properties.*10 ms/s,
      );
    } finally {
      folder.remove();
    }
  });

  it.each(['^(?:[a-z]+)+$', '(?P<x>a)', '[]a]'])('refuses %s under its key', (pattern) => {
    const folder = new Folder();
    try {
      const file = folder.write('config.json', { ...LAST_LAYOUT, restricted_builders: ['fine', pattern] });
      const environment = { TASKCLUSTER_ROOT_URL: ROOT_URL };
      const load = () => loadConfiguration('tc-listener', { file, environment, directory: folder.path });
      expect(load).toThrow(ConfigurationError);
      expect(load).toThrow(/^ {2}restricted_builders \(BBB_BUILDERS_RESTRICTED\): the pattern ".*" /m);
    } finally {
      folder.remove();
    }
  });
});

describe('patternProblems', () => {
  it('names the pattern and the remedy', () => {
    expect(patternProblems(['^(?:[a-z]+)+$'])).toEqual([
      expect.stringMatching(
        /"\^\(\?:\[a-z\]\+\)\+\$" takes more than 10 ms for some names: write it without/,
      ),
    ]);
  });

  it.each(['[]abc]', '[^]abc]', 'x[]]'])('refuses %s, which Python reads otherwise', (pattern) => {
    expect(patternProblems([pattern])).toEqual([expect.stringContaining('write it as \\]')]);
  });

  it.each(['[\\]abc]', '[[]', '\\[]', '[a][b]', '[a]]'])('takes %s, which both read alike', (pattern) => {
    expect(patternProblems([pattern])).toEqual([]);
  });
});
