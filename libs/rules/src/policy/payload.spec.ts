import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toAsciiJson } from './ascii-json.js';
import { LEGACY_PAYLOAD_RULES } from '../../../buildbot/src/legacy/payload-rules.js';
import { countReads } from '../testing/count-reads.js';
import { toBranchPath, readPayload as readByRules } from './payload.js';

const readPayload = (payload: unknown) => readByRules(payload, LEGACY_PAYLOAD_RULES);

interface Parts {
  buildername?: unknown;
  sourcestamp?: unknown;
  properties?: unknown;
}

/** A payload as it comes: through JSON, so that `__proto__` is a key like any other. */
function payload(changes: Parts = {}): unknown {
  return JSON.parse(
    JSON.stringify({
      buildername: 'Linux build',
      sourcestamp: { branch: 'mozilla-central' },
      properties: { product: 'firefox' },
      ...changes,
    }),
  );
}

const stamp = (changes: object) => payload({ sourcestamp: { branch: 'mozilla-central', ...changes } });
const withProperties = (changes: object) => payload({ properties: { product: 'firefox', ...changes } });
const nested = (depth: number): unknown => (depth === 0 ? 'x' : [nested(depth - 1)]);

function problems(input: unknown): string[] {
  const reading = readPayload(input);
  return reading.valid ? [] : reading.problems;
}

/** A string whose pair takes exactly this many bytes: `["…","bbb"]`. */
const pairOf = (bytes: number) => 'x'.repeat(bytes - '["","bbb"]'.length);

/** Fewer where the number is set for all, as mutation testing does. */
const CASES = fc.readConfigureGlobal().numRuns ?? 1000;

describe('readPayload', () => {
  it('fills in the optional keys of a source stamp', () => {
    expect(readPayload(payload())).toEqual({
      valid: true,
      payload: {
        buildername: 'Linux build',
        branch: 'mozilla-central',
        revision: null,
        repository: '',
        project: '',
        properties: { product: 'firefox' },
      },
    });
  });

  it('keeps all keys of a source stamp', () => {
    const said = { revision: 'cd5f', repository: 'https://hg.example.com/x', project: 'firefox' };
    expect(readPayload(stamp(said))).toMatchObject({ valid: true, payload: said });
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'payload: '],
    ['an array', [], 'payload: '],
    ['an unknown key', { ...(payload() as object), priority: 1 }, 'priority'],
    [
      'an unknown key named __proto__',
      JSON.parse(JSON.stringify(payload()).replace('{', '{"__proto__":{"a":1},')),
      '__proto__',
    ],
    ['no builder name', payload({ buildername: undefined }), 'payload.buildername: is required'],
    ['a builder name that is a number', payload({ buildername: 7 }), 'payload.buildername: is required'],
    ['an empty builder name', payload({ buildername: '' }), 'payload.buildername: is empty'],
    ['a builder name with a line break', payload({ buildername: 'a\nb' }), 'contains control characters'],
    ['no source stamp', payload({ sourcestamp: undefined }), 'payload.sourcestamp: is required'],
    ['an unknown key in the source stamp', stamp({ changes: [] }), 'changes'],
    ['no branch', payload({ sourcestamp: {} }), 'payload.sourcestamp.branch: '],
    ['a source stamp that is text', payload({ sourcestamp: 'x' }), 'payload.sourcestamp: is required'],
    ['a branch that is null', stamp({ branch: null }), 'payload.sourcestamp.branch: '],
    ['a short branch', stamp({ branch: 'ab' }), 'payload.sourcestamp.branch: is shorter than 3'],
    ['a branch of slashes', stamp({ branch: '////' }), 'payload.sourcestamp.branch: contains no branch name'],
    ['a branch that is only a host', stamp({ branch: 'https://hg.example.com/' }), 'contains no branch name'],
    ['a branch beyond ASCII', stamp({ branch: 'projects/été' }), 'would block the builder'],
    [
      'a revision beyond ASCII',
      stamp({ revision: 'rév' }),
      'payload.sourcestamp.revision: must be printable ASCII',
    ],
    [
      'a revision with a control character',
      stamp({ revision: 'a\tb' }),
      'payload.sourcestamp.revision: must be printable ASCII',
    ],
    [
      'a repository beyond ASCII',
      stamp({ repository: 'é' }),
      'payload.sourcestamp.repository: must be printable ASCII',
    ],
    [
      'a project beyond ASCII',
      stamp({ project: 'é' }),
      'payload.sourcestamp.project: must be printable ASCII',
    ],
    ['no properties', payload({ properties: undefined }), 'payload.properties: is required'],
    ['properties that are a list', payload({ properties: [] }), 'payload.properties: is required'],
    ['properties that are null', payload({ properties: null }), 'payload.properties: is required'],
    ['properties that are text', payload({ properties: 'x' }), 'payload.properties: is required'],
    ['no product', payload({ properties: {} }), 'payload.properties.product: is required'],
    ['an empty product', payload({ properties: { product: '' } }), 'payload.properties.product: is required'],
    [
      'a product that is no string',
      payload({ properties: { product: 1 } }),
      'properties.product: is required',
    ],
    ['an empty property name', withProperties({ '': 1 }), 'has a name that is not 1 to 255'],
    ['a property name with a space', withProperties({ 'a b': 1 }), 'has a name that is not 1 to 255'],
    ['a property name beyond ASCII', withProperties({ été: 1 }), 'payload.properties.?t?: has a name'],
    [
      'U+0000 in a value',
      withProperties({ a: 'x\0' }),
      'payload.properties.a: contains the character U+0000',
    ],
    ['U+0000 in a name deep in a value', withProperties({ a: [{ '\0': 1 }] }), 'U+0000'],
  ])('rejects %s with a reason', (_what, input, problem) => {
    expect(problems(input)).toEqual([expect.stringContaining(problem)]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('rejects a property named %s', (name) => {
    const input: unknown = JSON.parse(
      `{"buildername":"b","sourcestamp":{"branch":"abc"},"properties":{"product":"p","${name}":"x"}}`,
    );
    expect(problems(input)).toEqual([`payload.properties.${name}: has a forbidden name`]);
  });

  it.each(LEGACY_PAYLOAD_RULES.reservedProperties)('rejects the reserved property %s', (name) => {
    expect(problems(withProperties({ [name]: 'x' }))).toEqual([
      `payload.properties.${name}: has a name that is reserved for the bridge or Buildbot`,
    ]);
  });

  it('does not treat an escaped backslash as the character U+0000', () => {
    expect(problems(withProperties({ a: '\\u0000', b: '\\\\u0000' }))).toEqual([]);
    expect(problems(withProperties({ a: '\\\0' }))).toHaveLength(1);
  });

  it('keeps unusual names inside a value', () => {
    const input = JSON.stringify(withProperties({ a: { X: { b: 1 } } })).replace('"X"', '"__proto__"');
    const reading = readPayload(JSON.parse(input));
    expect(reading.valid && toAsciiJson(reading.payload.properties)).toContain('{"__proto__":{"b":1}}');
  });

  it('accepts values beyond ASCII, nested ones and null', () => {
    const values = { a: 'é ☃ 😀', b: { c: [1, null, true] }, d: null };
    expect(readPayload(withProperties(values))).toMatchObject({
      valid: true,
      payload: { properties: values },
    });
  });

  it('lists every problem, up to a maximum number', () => {
    expect(problems({ extra: 1 })).toHaveLength(4);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a b${index}`, 1]));
    expect(problems(withProperties(many))).toHaveLength(20);
  });

  it('repeats names shortened and in printable characters only', () => {
    const [problem] = problems(withProperties({ [`\u001b[31m${'é'.repeat(500)}`]: 1 }));
    expect(problem).toMatch(/^[\x20-\x7e]{1,200}$/);
  });

  describe('has limits', () => {
    const { text, propertyName, propertyPairBytes, properties, totalBytes, depth } =
      LEGACY_PAYLOAD_RULES.limits;

    /** Properties whose names and pairs take exactly this many bytes together, `product` included. */
    function totalling(bytes: number): object {
      const result: Record<string, string> = {};
      let left = bytes - 'product'.length - toAsciiJson(['firefox', 'bbb']).length;
      for (let index = 100; left > 0; index++) {
        const pair = left - 4 > propertyPairBytes ? propertyPairBytes - 100 : left - 4;
        result[`p${index}`] = pairOf(pair);
        left -= pair + 4;
      }
      return result;
    }

    const count = (total: number) =>
      Object.fromEntries(Array.from({ length: total - 1 }, (_, index) => [`p${index}`, 1]));

    it.each<[string, unknown, unknown, string]>([
      [
        'builder name',
        payload({ buildername: 'x' + 'é'.repeat(127) }),
        payload({ buildername: 'é'.repeat(128) }),
        'payload.buildername: is longer than 255 bytes',
      ],
      [
        'branch',
        stamp({ branch: 'x'.repeat(text) }),
        stamp({ branch: 'x'.repeat(text + 1) }),
        'payload.sourcestamp.branch: is longer than 255 characters',
      ],
      [
        'shortest branch',
        stamp({ branch: 'abc' }),
        stamp({ branch: 'ab' }),
        'payload.sourcestamp.branch: is shorter than 3 characters',
      ],
      [
        'revision',
        stamp({ revision: 'x'.repeat(text) }),
        stamp({ revision: 'x'.repeat(text + 1) }),
        'payload.sourcestamp.revision: is longer than 255 characters',
      ],
      [
        'repository',
        stamp({ repository: 'x'.repeat(text) }),
        stamp({ repository: 'x'.repeat(text + 1) }),
        'payload.sourcestamp.repository: is longer than 255 characters',
      ],
      [
        'project',
        stamp({ project: 'x'.repeat(text) }),
        stamp({ project: 'x'.repeat(text + 1) }),
        'payload.sourcestamp.project: is longer than 255 characters',
      ],
      [
        'property name',
        withProperties({ ['x'.repeat(propertyName)]: 1 }),
        withProperties({ ['x'.repeat(propertyName + 1)]: 1 }),
        'payload.properties.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: has a name that is not 1 to 255 printable ASCII characters',
      ],
      [
        'property pair',
        withProperties({ a: pairOf(propertyPairBytes) }),
        withProperties({ a: pairOf(propertyPairBytes + 1) }),
        "payload.properties.a: takes more than 1024 bytes, the width of Buildbot's column",
      ],
      // Six bytes for each character once it is written in ASCII.
      [
        'property pair beyond ASCII',
        withProperties({ a: 'é'.repeat(169) }),
        withProperties({ a: 'é'.repeat(170) }),
        "payload.properties.a: takes more than 1024 bytes, the width of Buildbot's column",
      ],
      [
        'number of properties',
        withProperties(count(properties)),
        withProperties(count(properties + 1)),
        'payload.properties: has more than 256 properties',
      ],
      [
        'bytes of all properties',
        withProperties(totalling(totalBytes)),
        withProperties(totalling(totalBytes + 1)),
        'payload.properties: take more than 65536 bytes in total',
      ],
      [
        'depth',
        withProperties({ a: nested(depth) }),
        withProperties({ a: nested(depth + 1) }),
        'payload.properties.a: is nested deeper than 8 levels',
      ],
    ])('%s: accepted at the limit, rejected beyond it', (_what, within, beyond, problem) => {
      expect(problems(within)).toEqual([]);
      expect(problems(beyond)).toEqual([problem]);
    });

    it('handles a value that is nested deeper than the stack', () => {
      const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
      expect(readPayload({ ...(payload() as object), properties: { product: 'p', deep } })).toEqual({
        valid: false,
        problems: ['payload.properties.deep: is nested deeper than 8 levels'],
      });
    });
  });

  describe('its work', () => {
    const text = (count: number) => JSON.parse(`[${'1,'.repeat(count)}1]`) as unknown;
    const wide = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
    const FORMS: [string, (count: number) => unknown][] = [
      ['values of a property', (count) => withProperties({ a: text(count) })],
      ['members of a property', (count) => withProperties({ a: wide(count) })],
      ['properties', (count) => withProperties(wide(count))],
      ['lists in lists', (count) => withProperties({ a: Array.from({ length: count }, () => [[]]) })],
      ['unknown keys', (count) => ({ ...(payload() as object), ...wide(count) })],
      ['a list in the place of a text', (count) => payload({ buildername: text(count) })],
    ];

    it.each(FORMS)('does not grow beyond a bound: %s', (_what, form) => {
      for (const count of [20_000, 300_000]) {
        const counted = countReads(form(count));
        expect(readPayload(counted.value).valid).toBe(false);
        expect(counted.reads()).toBeLessThanOrEqual(1_500_000);
      }
    });

    it.each(FORMS)('grows no faster than the payload: %s', (_what, form) => {
      const readsOf = (count: number) => {
        const counted = countReads(form(count));
        readPayload(counted.value);
        return counted.reads();
      };
      const [once, twice, often] = [1, 2, 32].map((factor) => readsOf(500 * factor));
      expect(twice).toBeLessThanOrEqual(2.2 * once! + 100);
      expect(often).toBeLessThanOrEqual(35 * once! + 100);
    });
  });

  it('accepts what other rules allow', () => {
    const rules = {
      ...LEGACY_PAYLOAD_RULES,
      reservedProperties: ['owner'],
      requiredProperties: [],
      branch: { isRequired: false, shortest: 0, mayHaveDots: true },
    };
    const read = (sourcestamp: object, properties: object = {}) =>
      readByRules(payload({ sourcestamp, properties }), rules);
    expect(read({})).toMatchObject({ valid: true, payload: { branch: null, properties: {} } });
    expect(read({ branch: null })).toMatchObject({ valid: true, payload: { branch: null } });
    expect(read({ branch: '..' }, { taskId: 'x' })).toMatchObject({ valid: true, payload: { branch: '..' } });
    expect(read({ branch: '' })).toMatchObject({ valid: false });
    expect(read({}, { owner: 'x' })).toMatchObject({ valid: false });
  });

  it('never throws for any input', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (input) => {
        expect(typeof readPayload(input).valid).toBe('boolean');
      }),
    );
  });

  const loose = fc.record({
    buildername: fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('Linux build')),
    sourcestamp: fc.record({
      branch: fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' })),
      revision: fc.option(fc.string()),
    }),
    properties: fc
      .dictionary(
        fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: 'binary' })),
        fc.jsonValue({ stringUnit: 'binary' }),
        { maxKeys: 5 },
      )
      .map((others) => ({ ...others, product: 'firefox' })),
  });

  it('accepts nothing that a master could not load', () => {
    let accepted = 0;
    fc.assert(
      fc.property(loose, (input) => {
        const reading = readPayload(input);
        if (!reading.valid) return;
        accepted++;
        const { branch, revision, repository, project, properties } = reading.payload;
        for (const column of [branch!, revision ?? '', repository, project]) {
          expect(column).toMatch(/^[\x20-\x7e]{0,255}$/);
        }
        expect(branch).toBe(toBranchPath(branch!));
        expect(branch).not.toBe('');
        for (const [name, value] of Object.entries(properties)) {
          const pair = toAsciiJson([value, 'bbb']);
          expect(name).toMatch(/^[\x21-\x7e]{1,255}$/);
          expect(pair).toMatch(/^[\x20-\x7e]{1,1024}$/);
          expect(JSON.parse(pair)).toHaveLength(2);
          expect(JSON.parse(pair)).not.toEqual(expect.stringContaining('\0'));
        }
        expect(Object.keys(properties).sort()).toEqual(Object.keys(input.properties).sort());
      }),
      { numRuns: CASES },
    );
    expect(accepted).toBeGreaterThan(CASES / 50);
  });
});

describe('branchPath', () => {
  it.each([
    ['mozilla-central', 'mozilla-central'],
    ['https://hg.mozilla.org/mozilla-central/', 'mozilla-central'],
    ['https://hg.mozilla.org/releases/mozilla-beta', 'releases/mozilla-beta'],
    ['ssh://user@hg.example.com:22/projects/ash//', 'projects/ash'],
    ['/projects/ash/', 'projects/ash'],
    ['releases/mozilla-beta', 'releases/mozilla-beta'],
    ['https://hg.mozilla.org', ''],
    ['////', ''],
    ['projects/https://hg.example.com/ash', 'projects/https://hg.example.com/ash'],
  ])('%j is the branch %j', (branch, path) => {
    expect(toBranchPath(branch)).toBe(path);
  });
});
