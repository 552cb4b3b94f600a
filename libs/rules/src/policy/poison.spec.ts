import { describe, expect, it } from '@jest/globals';
import { LEGACY_PAYLOAD_RULES } from '../../../buildbot/src/legacy/payload-rules.js';
import { createRejectionReasons } from './rejection-reasons.js';
import { readPayload as readByRules } from './payload.js';

const PROBLEMS = createRejectionReasons(LEGACY_PAYLOAD_RULES);
const readPayload = (payload: unknown) => readByRules(payload, LEGACY_PAYLOAD_RULES);

/** As it comes: through JSON, so that numbers are what a parser makes of them. */
function findProblems(text: string): string[] {
  const reading = readPayload(JSON.parse(text));
  return reading.valid ? [] : reading.problems;
}

const payload = (parts: { name?: string; stamp?: string; properties?: string }) =>
  `{"buildername":${parts.name ?? '"b"'},"sourcestamp":{${parts.stamp ?? '"branch":"ash"'}},` +
  `"properties":{"product":"p"${parts.properties ? `,${parts.properties}` : ''}}}`;

const value = (json: string) => payload({ properties: `"a":${json}` });

describe('what blocks a builder until a person deletes it', () => {
  it.each([
    ['a pair cut off at 1024 characters', value(JSON.stringify('x'.repeat(1200))), 'a', PROBLEMS.longPair],
    [
      'a pair that escapes make too long',
      value(JSON.stringify('\u{1f98a}'.repeat(90))),
      'a',
      PROBLEMS.longPair,
    ],
    ['a property name beyond ASCII', payload({ properties: '"été":1' }), '?t?', PROBLEMS.propertyName],
    ['half a surrogate pair', value('"x\\ud83d"'), 'a', PROBLEMS.halfCharacter],
    ['the other half', value('"\\udc00x"'), 'a', PROBLEMS.halfCharacter],
    ['half a surrogate pair in a key', value('[{"\\ud83d":1}]'), 'a', PROBLEMS.halfCharacter],
    ['U+0000', value('"\\u0000"'), 'a', PROBLEMS.nul],
    ['nesting', value('['.repeat(9) + '1' + ']'.repeat(9)), 'a', PROBLEMS.deep],
  ])('%s is rejected', (_what, text, name, problem) => {
    expect(findProblems(text)).toEqual([`payload.properties.${name}: ${problem}`]);
  });

  it.each([
    ['a branch beyond ASCII', payload({ stamp: '"branch":"projéct"' }), 'branch', PROBLEMS.notAscii],
    [
      'a revision beyond ASCII',
      payload({ stamp: '"branch":"ash","revision":"é"' }),
      'revision',
      PROBLEMS.notAscii,
    ],
    [
      'a revision that is a number',
      payload({ stamp: '"branch":"ash","revision":1' }),
      'revision',
      PROBLEMS.notText,
    ],
    ['a branch that leads upwards', payload({ stamp: '"branch":"projects/.."' }), 'branch', PROBLEMS.dots],
    ['a branch of dots', payload({ stamp: '"branch":"https://h/./"' }), 'branch', PROBLEMS.dots],
    ['dots amidst', payload({ stamp: '"branch":"a/../b"' }), 'branch', PROBLEMS.dots],
  ])('%s is rejected', (_what, text, key, problem) => {
    expect(findProblems(text)).toEqual([`payload.sourcestamp.${key}: ${problem}`]);
  });

  it.each([
    ['a value beyond ASCII', value('"Füße 🦊"')],
    ['a nested value', value('{"b":{"c":[1,null,true]}}')],
    ['null', value('null')],
    ['a branch with dots in its name', payload({ stamp: '"branch":"mozilla-1.9..2"' })],
  ])('%s is fine', (_what, text) => {
    expect(findProblems(text)).toEqual([]);
  });
});

describe('numbers', () => {
  it.each([
    '9007199254740993',
    '9007199254740992',
    '-9007199254740992',
    '1e400',
    '-1e400',
    '1e21',
    '[{"b":1e999}]',
  ])('%s is rejected, because it has been rounded', (number) => {
    expect(findProblems(value(number))).toEqual([`payload.properties.a: ${PROBLEMS.number}`]);
  });

  it.each(['9007199254740991', '-9007199254740991', '0.1', '1e-400', '-0', '1.5e10'])(
    '%s is fine',
    (number) => {
      expect(findProblems(value(number))).toEqual([]);
    },
  );
});

describe('a builder’s name', () => {
  it.each([
    ['four-byte characters', '"Linux 🦊"', PROBLEMS.wide],
    ['half a surrogate pair', '"Linux \\ud83d"', PROBLEMS.wide],
    ['a control character', '"Linux\\u0085"', PROBLEMS.control],
    ['a line separator', '"Linux\\u2028"', PROBLEMS.control],
    ['a paragraph separator', '"Linux\\u2029"', PROBLEMS.control],
    ['U+0000', '"\\u0000"', PROBLEMS.control],
    ['U+007F', '"a\\u007f"', PROBLEMS.control],
    ['256 bytes', JSON.stringify('é'.repeat(128)), PROBLEMS.longName],
    ['256 characters', JSON.stringify('x'.repeat(256)), PROBLEMS.longName],
  ])('with %s is rejected', (_what, name, problem) => {
    expect(findProblems(payload({ name }))).toEqual([`payload.buildername: ${problem}`]);
  });

  it.each(['é'.repeat(127), 'x'.repeat(255), '\uffee', 'a\u2027b'])(
    '%s is accepted when the list has it',
    (name) => {
      expect(findProblems(payload({ name: JSON.stringify(name) }))).toEqual([]);
    },
  );
});

describe('the listed problems', () => {
  it('names five unknown keys, shortened and printable', () => {
    const extra = ['a', 'b', 'ü', 'y'.repeat(100), 'e'].map((key) => [key, 1]);
    const given = JSON.parse(payload({})) as object;
    const five = readPayload({ ...given, ...Object.fromEntries(extra) });
    expect(five).toEqual({
      valid: false,
      problems: [`payload: ${PROBLEMS.unknownKeys}: a, b, ?, ${'y'.repeat(60)}, e`],
    });
    const six = readPayload({ ...given, ...Object.fromEntries([...extra, ['f', 1]]) });
    expect(six).toMatchObject({ problems: [expect.stringMatching(/, e, and others$/)] });
  });

  it.each([
    ['null', PROBLEMS.noObject],
    ['[]', PROBLEMS.noObject],
    ['"text"', PROBLEMS.noObject],
  ])('reports for the payload %s that it %s', (text, problem) => {
    expect(findProblems(text)).toEqual([`payload: ${problem}`]);
  });

  it('lists all problems of an empty payload', () => {
    expect(findProblems('{}')).toEqual([
      `payload.buildername: ${PROBLEMS.noText}`,
      `payload.sourcestamp: ${PROBLEMS.noObject}`,
      `payload.properties: ${PROBLEMS.noObject}`,
    ]);
  });

  it('lists each problem of a value once, and checks no property when there are too many', () => {
    expect(findProblems(value('["\\u0000","\\u0000",1e400,1e400]'))).toEqual([
      `payload.properties.a: ${PROBLEMS.nul}`,
      `payload.properties.a: ${PROBLEMS.number}`,
    ]);
    const many = Array.from({ length: 300 }, (_, index) => `"p ${index}":1`).join(',');
    expect(findProblems(payload({ properties: many }))).toEqual([
      `payload.properties: ${PROBLEMS.manyProperties}`,
    ]);
  });
});
