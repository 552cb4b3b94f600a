import { describe, expect, it } from '@jest/globals';
import { BuilderPolicy, type BuilderRules } from './builder-policy.js';
import { createMatcher } from './python-pattern.js';

function policy(rules: Partial<BuilderRules>): BuilderPolicy {
  return new BuilderPolicy({ restricted: [], ignored: [], ...rules });
}

describe('matcher', () => {
  it.each([
    ['release-', 'release-mozilla-beta', true, 'matches a beginning'],
    ['release-', 'pre-release-x', false, 'is anchored at the start'],
    ['^release-.*$', 'release-x', true, 'bears its own anchors'],
    ['release$', 'release-x', false, 'keeps an anchor at the end'],
    ['a|b', 'xb', false, 'anchors every alternative'],
    ['a|b', 'bx', true, 'tries every alternative'],
    ['^((?!alder).)*$', 'Linux alder build', false, 'knows the lookahead of the sample configuration'],
    ['^((?!alder).)*$', 'Linux ash build', true, 'knows the lookahead of the sample configuration'],
    ['', 'anything', true, 'matches everything when empty, as Python does'],
    ['Release', 'release', false, 'minds case'],
    ['a\\\\Z', 'a\\Z', true, 'takes an escaped backslash for what it is'],
  ])('%j on %j: %s (%s)', (pattern, text, expected) => {
    expect(createMatcher(pattern)(text)).toBe(expected);
  });

  it('gives the same answer every time', () => {
    const matches = createMatcher('a');
    expect([matches('a'), matches('a'), matches('a')]).toEqual([true, true, true]);
  });

  it.each(['(', '[a', '(?P<name>x)', '(?i)release'])(
    'throws for %j, which JavaScript does not support',
    (pattern) => {
      expect(() => createMatcher(pattern)).toThrow(SyntaxError);
      expect(() => policy({ restricted: [pattern] })).toThrow(SyntaxError);
    },
  );
});

describe('matcher', () => {
  it('returns the given answer when the bound is reached', () => {
    const name = 'a'.repeat(255);
    expect([createMatcher('(a+)+\\1b')(name), createMatcher('(a+)+\\1b', 'exact', true)(name)]).toEqual([
      false,
      true,
    ]);
  });
});

describe('BuilderPolicy', () => {
  const restricted = policy({ restricted: ['^release-.*$'] });
  const builder = 'release-mozilla-beta-build';

  it('allows a builder that no rule matches', () => {
    expect(restricted.judge('Linux build', [])).toEqual({ is: 'allowed' });
  });

  it('rejects a restricted builder, and names both scopes that would allow it', () => {
    expect(restricted.judge(builder, [])).toEqual({
      is: 'rejected',
      reason:
        'the builder is restricted: the task needs the scope ' +
        `buildbot-bridge:builder-name:${builder} or project:releng:buildbot-bridge:builder-name:${builder}`,
    });
  });

  it.each([
    [`buildbot-bridge:builder-name:${builder}`],
    [`project:releng:buildbot-bridge:builder-name:${builder}`],
    ['buildbot-bridge:builder-name:release-*'],
    ['project:releng:buildbot-bridge:builder-name:release-mozilla-beta-*'],
    ['buildbot-bridge:builder-name:*'],
    ['project:releng:*'],
    [`buildbot-bridge:builder-name:${builder}*`],
    ['*'],
  ])('lets the scope %s use a restricted builder', (scope) => {
    expect(restricted.judge(builder, ['queue:route:x', scope])).toEqual({ is: 'allowed' });
  });

  it.each([
    ['buildbot-bridge:builder-name:release-'],
    ['buildbot-bridge:builder-name:release-*-build'],
    ['buildbot-bridge:builder-name:Release-*'],
    [`project:other:buildbot-bridge:builder-name:${builder}`],
    [`x-buildbot-bridge:builder-name:${builder}`],
    [builder],
    [''],
  ])('does not accept the scope %j', (scope) => {
    expect(restricted.judge(builder, [scope]).is).toBe('rejected');
  });

  it('ignores ignored builders before every other rule', () => {
    const rules = policy({ restricted: ['.*'], ignored: ['^((?!alder).)*$'], allowed: [] });
    expect(rules.judge('Linux ash build', [])).toEqual({ is: 'ignored' });
    expect(rules.judge('Linux alder build', ['*']).is).toBe('rejected');
  });

  it('allows only names that match the allowed list', () => {
    const rules = policy({ allowed: ['^Linux', '^Windows'] });
    expect(rules.judge('Windows build', [])).toEqual({ is: 'allowed' });
    expect(rules.judge('OS X Linux build', ['*'])).toEqual({
      is: 'rejected',
      reason: 'the builder is not in the list of allowed builders of this bridge',
    });
  });

  it('allows nothing with an empty allowed list', () => {
    expect(policy({ allowed: [] }).judge('Linux build', ['*']).is).toBe('rejected');
  });

  it('requires the scope of a restricted builder that is allowed', () => {
    const rules = policy({ allowed: ['.*'], restricted: ['^release-'] });
    expect(rules.judge(builder, []).is).toBe('rejected');
    expect(rules.judge(builder, ['*']).is).toBe('allowed');
  });

  it('matches patterns only on the maximum length of a name', () => {
    const rules = policy({ ignored: ['.*alder.*debug'] });
    expect(rules.judge('alder'.repeat(20_000), []).is).toBe('rejected');
    expect(policy({ ignored: ['^x{255}$'] }).judge('x'.repeat(256), []).is).toBe('ignored');
  });

  it('treats a name on which a pattern reaches its bound as restricted, not ignored and not allowed', () => {
    const endless = '(a+)+\\1b';
    const name = 'a'.repeat(255);
    expect(policy({ restricted: [endless] }).judge(name, []).is).toBe('rejected');
    expect(policy({ restricted: [endless] }).judge(name, [], 'any case').is).toBe('rejected');
    expect(policy({ ignored: [endless] }).judge(name, [])).toEqual({ is: 'allowed' });
    expect(policy({ allowed: [endless] }).judge(name, []).is).toBe('rejected');
  });

  it('does not allow a longer name because of its beginning', () => {
    const rules = policy({ allowed: ['^((?!alder).)*$'], restricted: ['.*release$'] });
    expect(rules.judge('x'.repeat(255), []).is).toBe('allowed');
    expect(rules.judge(`${'x'.repeat(255)}release`, ['*']).is).toBe('rejected');
    expect(rules.judge(`${'x'.repeat(255)}alder`, ['*']).is).toBe('rejected');
  });
});
