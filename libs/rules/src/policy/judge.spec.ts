import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BuilderKnown, RequestKey } from '../ports/buildbot.js';
import type { TaskDefinition } from '../ports/task-queue.js';
import { toAsciiJson } from './ascii-json.js';
import { LEGACY_PAYLOAD_RULES } from '../../../buildbot/src/legacy/payload-rules.js';
import { BuilderPolicy, type BuilderRules } from './builder-policy.js';
import { countReads } from '../testing/count-reads.js';
import { judge, type Judgement } from './judge.js';

interface Sample {
  priority: string;
  scopes: string[];
  created: string;
  expires: string;
  payload: unknown;
}

const SAMPLES = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/buildbot/task-definitions.json', import.meta.url), 'utf8'),
) as Record<string, Sample>;

const KEY: RequestKey = { taskId: 'f3DnVpRsTLWrQ2Q2Q2Q2Qg', createdForRunId: 0, scheduledAt: 1494586264 };
const BUILDERS = ['Linux x86-64 mozilla-central build', 'release-mozilla-beta-firefox_chcksms'];

function definitionOf({ priority, scopes, created, expires, payload }: Sample): TaskDefinition {
  const taskQueueId = 'buildbot-bridge/buildbot-bridge';
  return { taskQueueId, priority, scopes, created: Date.parse(created) / 1000, expires, payload };
}

function definition(changes: Partial<Sample>): TaskDefinition {
  return definitionOf({ ...sample('ok'), ...changes });
}

function sample(name: string): Sample {
  const found = SAMPLES[name];
  if (!found) throw new TypeError(`no sample ${name}`);
  return found;
}

const listed = (name: string): Promise<BuilderKnown> =>
  Promise.resolve(BUILDERS.includes(name) ? 'known' : 'unknown');

function ask(
  what: TaskDefinition,
  rules: Partial<BuilderRules> = {},
  known: (name: string) => Promise<BuilderKnown> = listed,
): Promise<Judgement> {
  return judge(what, KEY, new BuilderPolicy({ restricted: ['^release-'], ignored: [], ...rules }), {
    payloadRules: LEGACY_PAYLOAD_RULES,
    findProblems: async () => [],
    knows: known,
  });
}

describe('judge', () => {
  it('rejects a payload that is too large to be read, unless its builder is ignored', async () => {
    const large = (buildername: string): TaskDefinition => ({
      ...definition({}),
      payload: { buildername },
      isAbridged: true,
    });
    expect(await ask(large('Linux'))).toEqual({
      is: 'rejected',
      reasons: [expect.stringMatching(/^payload: is too large/)],
    });
    expect(await ask(large('theirs'), { ignored: ['theirs'] })).toEqual({ is: 'ignored' });
  });

  it('reads no more than the name of a builder that is ignored', async () => {
    const properties = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, [index]]));
    const counted = countReads({ buildername: 'theirs', sourcestamp: {}, properties });
    const given = { ...definition({}), payload: counted.value };
    expect(await ask(given, { ignored: ['theirs'] })).toEqual({ is: 'ignored' });
    expect(counted.reads()).toBe(1);
  });

  it('judges every sample definition as expected', async () => {
    const outcomes: Record<string, string> = {};
    for (const [name, given] of Object.entries(SAMPLES)) outcomes[name] = (await ask(definitionOf(given))).is;
    expect(outcomes).toEqual({
      ok: 'accepted',
      'ok-high-priority': 'accepted',
      'ok-nonascii-property-value': 'accepted',
      'restricted-with-scope': 'accepted',
      'restricted-without-scope': 'rejected',
      'bad-no-product': 'rejected',
      'bad-no-buildername': 'rejected',
      'bad-unknown-builder': 'rejected',
      'bad-no-sourcestamp': 'rejected',
      'bad-extra-key': 'rejected',
      'bad-short-branch': 'rejected',
      'poison-long-property': 'rejected',
      'poison-nonascii-property-name': 'rejected',
      'poison-nonascii-branch': 'rejected',
      'poison-nonascii-revision': 'rejected',
      'spoofed-taskId': 'rejected',
    });
  });

  it.each([
    ['restricted-without-scope', 'restricted'],
    ['bad-no-product', 'payload.properties.product: is required'],
    ['bad-no-buildername', 'payload.buildername: is required'],
    ['bad-unknown-builder', 'is not in the builder list'],
    ['bad-no-sourcestamp', 'payload.sourcestamp: is required'],
    ['bad-extra-key', 'priority'],
    ['bad-short-branch', 'payload.sourcestamp.branch: is shorter'],
    ['poison-long-property', 'payload.properties.long: takes more than 1024 bytes'],
    ['poison-nonascii-property-name', 'payload.properties.?t?: has a name'],
    ['poison-nonascii-branch', 'payload.sourcestamp.branch: must be printable ASCII'],
    ['poison-nonascii-revision', 'payload.sourcestamp.revision: must be printable ASCII'],
    ['spoofed-taskId', 'payload.properties.taskId: has a name that is reserved for the bridge or Buildbot'],
  ])('gives the reason for the rejection of %s', async (name, reason) => {
    const judgement = await ask(definitionOf(sample(name)));
    const reasons = judgement.is === 'rejected' ? judgement.reasons : [];
    expect(reasons.join('\n')).toContain(reason);
  });

  it('makes a request spec of a valid definition', async () => {
    expect(await ask(definitionOf(sample('ok')))).toEqual({
      is: 'accepted',
      spec: {
        ...KEY,
        buildername: 'Linux x86-64 mozilla-central build',
        branch: 'mozilla-central',
        revision: 'cd5fab20f6bd128847ef8131c9aeed63cde019fc',
        repository: '',
        project: '',
        properties: {
          product: 'firefox',
          who: 'dev@example.com',
          upload_to_task_id: 'Q4xCyr2cTwGxJ3G4yqK7Xw',
        },
        priority: 0,
      },
    });
  });

  it.each([
    ['highest', 1],
    ['very-high', 1],
    ['high', 1],
    ['medium', 0],
    ['normal', 0],
    ['low', 0],
    ['lowest', 0],
    ['of the future', 0],
  ])('gives the priority %s the number %i', async (priority, number) => {
    expect(await ask(definition({ priority }))).toMatchObject({ spec: { priority: number } });
  });

  it('ignores an ignored builder, even with an invalid payload, without reading the list', async () => {
    const ask404 = () => Promise.reject(new TypeError('asked'));
    const bad = definition({ payload: { buildername: 'ash build', nonsense: true } });
    expect(await ask(bad, { ignored: ['^ash'] }, ask404)).toEqual({ is: 'ignored' });
  });

  it('does not ignore a payload without a builder name', async () => {
    for (const payload of [{}, null, 7, { buildername: 7 }, { buildername: ['x'] }]) {
      expect((await ask(definition({ payload }), { ignored: ['.*'] })).is).toBe('rejected');
    }
  });

  it('matches patterns only on as many characters as a builder’s name may have', async () => {
    const payload = { buildername: 'x'.repeat(300) };
    expect((await ask(definition({ payload }), { ignored: ['^x{255}$'] })).is).toBe('ignored');
    expect((await ask(definition({ payload }), { ignored: ['^x{256}'] })).is).toBe('rejected');
  });

  it('looks up only a name that passed the other rules', async () => {
    const asked: string[] = [];
    const known = (name: string) => {
      asked.push(name);
      return listed(name);
    };
    for (const given of Object.values(SAMPLES)) await ask(definitionOf(given), {}, known);
    expect([...new Set(asked)].sort()).toEqual([...BUILDERS, 'no such builder'].sort());
  });

  it('accepts any builder when there is no list', async () => {
    const order = await ask(definitionOf(sample('bad-unknown-builder')), {}, () =>
      Promise.resolve('unchecked'),
    );
    expect(order.is).toBe('accepted');
  });

  it('throws when the list is unavailable', async () => {
    const away = () => Promise.reject(new Error('away'));
    await expect(ask(definitionOf(sample('ok')), {}, away)).rejects.toThrow('away');
  });

  it('never throws for any payload', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (payload) => {
        expect(['accepted', 'rejected', 'ignored']).toContain((await ask(definition({ payload }))).is);
      }),
    );
  });

  it('accepts nothing that a master could not load', async () => {
    for (const given of Object.values(SAMPLES)) {
      const judgement = await ask(definitionOf(given));
      if (judgement.is !== 'accepted') continue;
      for (const value of Object.values(judgement.spec.properties)) {
        const pair = toAsciiJson([value, 'bbb']);
        expect(pair).toMatch(/^[\x20-\x7e]{1,1024}$/);
        expect(JSON.parse(pair)).toEqual([value, 'bbb']);
      }
    }
  });
});
