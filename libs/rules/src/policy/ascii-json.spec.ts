import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../json.js';
import { toAsciiJson } from './ascii-json.js';

describe('asciiJson', () => {
  it.each<[string, JsonValue, string]>([
    ['two-byte characters', 'été', '"\\u00e9t\\u00e9"'],
    ['characters beyond the basic plane, as two units', '😀', '"\\ud83d\\ude00"'],
    ['a lone surrogate', '\ud83d', '"\\ud83d"'],
    ['the delete character', '\x7f', '"\\u007f"'],
    ['names as well as values', { '☃': 1 }, '{"\\u2603":1}'],
  ])('escapes %s', (_what, value, text) => {
    expect(toAsciiJson(value)).toBe(text);
  });

  it('leaves ASCII as JSON.stringify writes it', () => {
    const value = { a: [1, true, null, 'x "y" \\ \n'] };
    expect(toAsciiJson(value)).toBe(JSON.stringify(value));
  });

  it('writes equivalent JSON in printable ASCII', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = toAsciiJson(value as JsonValue);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
