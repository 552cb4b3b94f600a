import { describe, expect, it } from '@jest/globals';
import { readJson } from './read-json.js';

describe('readJson', () => {
  it('reads NaN and infinities as Python writes them as null', () => {
    expect(readJson('{"a": [NaN, 1], "b": Infinity, "c": -Infinity, "d": -1.5e3}')).toEqual({
      ...{ a: [null, 1], b: null },
      ...{ c: null, d: -1500 },
    });
  });

  it('keeps those words inside texts, also after escaped quotes', () => {
    const text = '{"NaN": "NaN \\" Infinity \\\\", "x": NaN}';
    expect(readJson(text)).toEqual({ NaN: 'NaN " Infinity \\', x: null });
  });

  it('reads a long text with such a number in linear time', () => {
    const long = '\\"'.repeat(1_000_000);
    expect(readJson(`["${long}", NaN]`)).toEqual(['"'.repeat(1_000_000), null]);
  });

  it.each(['', '{', 'nothing', '{"a": NaNa}', '"open'])('throws for %j', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  });
});
