import { describe, expect, it } from '@jest/globals';
import type { BuilderKnown } from '../ports/buildbot.js';
import type { TaskDefinition } from '../ports/task-queue.js';
import { LEGACY_PAYLOAD_RULES } from '../../../buildbot/src/legacy/payload-rules.js';
import { BuilderPolicy } from './builder-policy.js';
import { judge } from './judge.js';
import { createMatcher } from './python-pattern.js';

const POLICY = new BuilderPolicy({
  restricted: ['^release-', 'nightly$'],
  ignored: ['^other'],
  allowed: ['.*'],
});
const KEY = { taskId: 'f3DnVpRsTLWrQ2Q2Q2Q2Qg', createdForRunId: 0, scheduledAt: 1494586264 };

function ask(buildername: unknown, known: BuilderKnown, scopes: string[] = [], policy = POLICY) {
  const definition: TaskDefinition = {
    taskQueueId: 'p/w',
    priority: 'normal',
    created: 1494586000,
    expires: '2018-05-12T10:50:00.000Z',
    scopes,
    payload: { buildername, sourcestamp: { branch: 'ash' }, properties: { product: 'firefox' } },
  };
  return judge(definition, KEY, policy, {
    payloadRules: LEGACY_PAYLOAD_RULES,
    findProblems: async () => [],
    knows: async () => known,
  });
}

describe('matcher', () => {
  it('ignores case only with that spelling', () => {
    expect(createMatcher('release-')('Release-x')).toBe(false);
    expect(createMatcher('release-', 'exact')('Release-x')).toBe(false);
    expect(createMatcher('release-', 'either case')('Release-x')).toBe(true);
    expect(createMatcher('release-', 'any case form')('pre-Release-x')).toBe(false);
  });
});

describe('BuilderPolicy for a name in any case', () => {
  it.each(['RELEASE-x', 'Release-X', 'Nightly', 'release-x'])('restricts %s', (name) => {
    expect(POLICY.judge(name, [], 'any case')).toEqual({
      is: 'rejected',
      reason:
        `the builder is restricted: the task needs the scope buildbot-bridge:builder-name:${name} ` +
        `or project:releng:buildbot-bridge:builder-name:${name}`,
    });
    expect(POLICY.judge(name, [`buildbot-bridge:builder-name:${name}`], 'any case')).toEqual({
      is: 'allowed',
    });
  });

  it.each(['^(?!try)', '^[^t]', '^(?!try|Nightly)(?:[A-Z]|t)'])(
    'restricts a name that %s excludes, when another case of it would be restricted',
    (pattern) => {
      const policy = new BuilderPolicy({ restricted: [pattern], ignored: [] });
      expect(policy.judge('try-Signing', [], 'exact')).toEqual({ is: 'allowed' });
      expect(policy.judge('try-Signing', [], 'any case').is).toBe('rejected');
    },
  );

  it('restricts a listed name as it is written', () => {
    expect(POLICY.judge('Release-x', [])).toEqual({ is: 'allowed' });
    expect(POLICY.judge('Release-x', [], 'exact')).toEqual({ is: 'allowed' });
    expect(POLICY.judge('release-x', [], 'exact').is).toBe('rejected');
  });

  it('ignores and allows as it is written', () => {
    const policy = new BuilderPolicy({ restricted: [], ignored: ['^other'], allowed: ['^Linux'] });
    expect(policy.judge('other', [], 'any case')).toEqual({ is: 'ignored' });
    expect(policy.judge('Other', [], 'any case').is).toBe('rejected');
    expect(policy.judge('Linux', [], 'any case')).toEqual({ is: 'allowed' });
  });
});

describe('BuilderPolicy fails closed', () => {
  it.each(['restricted', 'ignored', 'allowed'])('throws for an invalid %s pattern', (list) => {
    expect(() => new BuilderPolicy({ restricted: [], ignored: [], [list]: ['fine', '('] })).toThrow(
      SyntaxError,
    );
  });

  it.each([
    ['no scopes', []],
    ['an empty scope', ['']],
    ['a scope of a star inside', ['buildbot-bridge:*:release-x']],
    ['a shorter scope without star', ['buildbot-bridge:builder-name:release-']],
    ['a prefix alone', ['buildbot-bridge:builder-name:']],
    ['a scope with more behind the star', ['buildbot-bridge:builder-name:*x']],
    ['two stars, of which one counts', ['buildbot-bridge:builder-name:rel**']],
  ])('does not allow a restricted builder with %s', (_what, scopes) => {
    expect(POLICY.judge('release-x', scopes).is).toBe('rejected');
  });

  it('restricts when any pattern matches, and allows with any of the scopes', () => {
    expect(POLICY.judge('nightly', []).is).toBe('rejected');
    expect(POLICY.judge('nightly', ['x', 'buildbot-bridge:builder-name:nigh*']).is).toBe('allowed');
  });

  it('allows a name that matches any allowed pattern', () => {
    const policy = new BuilderPolicy({
      restricted: [],
      ignored: ['^a', '^b'],
      allowed: ['^Linux', '^Windows'],
    });
    expect(policy.judge('Windows', []).is).toBe('allowed');
    expect(policy.judge('Mac', []).is).toBe('rejected');
    expect(policy.judge('bx', []).is).toBe('ignored');
  });
});

describe('judge, without a builder list', () => {
  it.each([['Linux build'], ['a'], ['a b  c'], ['~!']])('accepts %j', async (name) => {
    expect((await ask(name, 'unchecked')).is).toBe('accepted');
  });

  it.each([['Linux build '], [' Linux build'], ['été'], ['ｒelease-x'], ['reléase-x'], [' ']])(
    'rejects %j, which a database may treat as another name',
    async (name) => {
      expect(await ask(name, 'unchecked', ['*'])).toEqual({
        is: 'rejected',
        reasons: [
          'payload.buildername: must be plain ASCII without spaces at its ends, because there is no builder list to check it against',
        ],
      });
      expect((await ask(name, 'known')).is).toBe('accepted');
    },
  );

  it('asks for the scope of a restricted builder in any case', async () => {
    const refused = await ask('RELEASE-x', 'unchecked');
    expect(refused).toMatchObject({
      is: 'rejected',
      reasons: [expect.stringContaining('the builder is restricted')],
    });
    expect((await ask('RELEASE-x', 'unchecked', ['*'])).is).toBe('accepted');
    expect((await ask('RELEASE-x', 'known')).is).toBe('accepted');
  });

  it('rejects a name that is not in the list', async () => {
    expect(await ask('Linux build', 'unknown', ['*'])).toEqual({
      is: 'rejected',
      reasons: ['payload.buildername: is not in the builder list'],
    });
  });

  it('ignores a very long name whose beginning matches an ignored pattern', async () => {
    const policy = new BuilderPolicy({ restricted: [], ignored: ['^x{200}', '.*END'] });
    expect((await ask('x'.repeat(5000), 'known', [], policy)).is).toBe('ignored');
    expect((await ask(`${'y'.repeat(254)}END`, 'known', [], policy)).is).toBe('rejected');
    expect((await ask(`${'y'.repeat(252)}END`, 'known', [], policy)).is).toBe('ignored');
  });

  it.each([null, undefined, 1, ['other'], { length: 3 }])('does not treat %j as a name', async (name) => {
    expect((await ask(name, 'known')).is).toBe('rejected');
  });
});
