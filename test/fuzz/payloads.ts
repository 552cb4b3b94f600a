import fc from 'fast-check';
import { largeText } from './sizes.js';

/** Text of JSON, as it comes from outside: with numbers and names that no JavaScript value would be written as. */
type Json = fc.Arbitrary<string>;

const quoted = (text: fc.Arbitrary<string>): Json => text.map((value) => JSON.stringify(value));
const words = fc.constantFrom('firefox', 'Linux build', 'mozilla-central', 'x', 'projects/ash');
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const longText = fc
  .tuple(fc.constantFrom('x', 'é', '🦊', '\\', '"'), fc.integer({ min: 80, max: 1100 }))
  .map(([unit, times]) => unit.repeat(times));

const poison = fc.constantFrom(
  '9007199254740993',
  '-1e400',
  '1e400',
  '1e21',
  '-0',
  '1.0',
  '"\\u0000"',
  '"\\ud83d"',
  '"\\udc00\\ud83d"',
  '"\\ud83e\\udd8a"',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":1}}',
  '{"toString":1,"toJSON":2,"length":3}',
  '['.repeat(8) + ']'.repeat(8),
  '['.repeat(12) + '1' + ']'.repeat(12),
  `${'['.repeat(3000)}${']'.repeat(3000)}`,
  '"\\u2028\\u007f"',
  '[]',
  '{}',
  'null',
  'true',
);

export const jsonText: Json = fc.oneof(
  { weight: 4, arbitrary: quoted(words) },
  {
    weight: 3,
    arbitrary: fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 4 }).map((value) => JSON.stringify(value)),
  },
  {
    weight: 1,
    arbitrary: fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }).map((value) => JSON.stringify(value)),
  },
  { weight: 1, arbitrary: quoted(longText) },
  { weight: 1, arbitrary: poison },
);

const propertyName = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[a-z_.-]{1,12}$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'taskId',
      'request_ids',
      'log_url',
      '',
    ),
  },
  { weight: 1, arbitrary: fc.oneof(anyText, longText) },
);

const builderName = fc.oneof(
  { weight: 6, arbitrary: quoted(fc.constantFrom('Linux build', 'Windows build', 'é builder')) },
  {
    weight: 2,
    arbitrary: quoted(
      fc.constantFrom('release-x', 'RELEASE-x', 'ignored one', 'no such', 'Linux build ', ''),
    ),
  },
  { weight: 2, arbitrary: fc.oneof(quoted(anyText), quoted(longText), jsonText) },
);

const branch = fc.oneof(
  {
    weight: 8,
    arbitrary: quoted(fc.constantFrom('mozilla-central', 'https://hg.example.com/projects/ash/', 'try')),
  },
  {
    weight: 1,
    arbitrary: quoted(fc.constantFrom('ab', '///', 'ftp://host//', 'a/../b', '..///', 'é-branch')),
  },
  { weight: 1, arbitrary: fc.oneof(quoted(anyText), quoted(longText), jsonText) },
);

const stampText = fc.oneof(
  { weight: 6, arbitrary: fc.constant('"cd5fab20"') },
  { weight: 2, arbitrary: fc.constant('null') },
  { weight: 1, arbitrary: fc.oneof(quoted(anyText), quoted(longText), jsonText) },
);

const object = (entries: readonly (readonly [string, string])[]): string =>
  `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;

const sourcestamp: Json = fc
  .record(
    { branch, revision: stampText, repository: stampText, project: stampText },
    { requiredKeys: ['branch'] },
  )
  .map((parts) => object(Object.entries(parts)));

const product: Json = fc.oneof(
  { weight: 12, arbitrary: fc.constant('"firefox"') },
  { weight: 1, arbitrary: fc.constantFrom('""', '1', 'null') },
);

const properties: Json = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(product, fc.array(fc.tuple(propertyName, jsonText), { maxLength: 4 }))
      .map(([first, others]) => object([['product', first], ...others])),
  },
  {
    // Too many, or too much together.
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 60, max: 300 }), fc.integer({ min: 1, max: 1000 }))
      .map(([count, size]) =>
        object([
          ['product', '"firefox"'],
          ...Array.from({ length: count }, (_, index) => [`p${index}`, `"${'x'.repeat(size)}"`] as const),
        ]),
      ),
  },
);

const whole: Json = fc.tuple(builderName, sourcestamp, properties).map(([name, stamp, props]) =>
  object([
    ['buildername', name],
    ['sourcestamp', stamp],
    ['properties', props],
  ]),
);

/** Something else at a key, a key less, or one more. */
const damaged: Json = fc
  .tuple(builderName, sourcestamp, properties, fc.constantFrom(0, 1, 2), fc.option(jsonText), propertyName)
  .map(([name, stamp, props, which, instead, extra]) => {
    const entries: [string, string][] = [
      ['buildername', name],
      ['sourcestamp', stamp],
      ['properties', props],
    ];
    if (instead === null) entries.splice(which, 1);
    else if (extra.length > 3) entries.push([extra, instead]);
    else entries[which]![1] = instead;
    return object(entries);
  });

/** A value of any size at some place. */
const sized: Json = fc
  .tuple(
    builderName,
    sourcestamp,
    largeText,
    fc.constantFrom('buildername', 'sourcestamp', 'properties', 'x', 'y'),
  )
  .map(([name, stamp, large, place]) => {
    const entries = new Map([
      ['buildername', name],
      [
        'sourcestamp',
        place === 'x'
          ? object([
              ['branch', '"try"'],
              ['revision', large],
            ])
          : stamp,
      ],
      [
        'properties',
        place === 'y'
          ? object([
              ['product', '"firefox"'],
              ['p', large],
            ])
          : '{"product":"firefox"}',
      ],
    ]);
    return object([...(place.length > 1 ? entries.set(place, large) : entries)]);
  });

/** JSON text of payloads: most are nearly right, since what is wholly wrong is refused at the door. */
export const payloadText: Json = fc.oneof(
  { weight: 80, arbitrary: whole },
  { weight: 10, arbitrary: damaged },
  { weight: 10, arbitrary: jsonText },
  { weight: 1, arbitrary: sized },
);
