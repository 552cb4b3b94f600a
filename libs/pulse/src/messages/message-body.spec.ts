import { describe, expect, it } from '@jest/globals';
import { Invalid } from '@bbb/rules';
import { parseBody, readBody } from './message-body.js';

const read = (text: string) => readBody(Buffer.from(text));

describe('the body of a message', () => {
  it('is parsed with as many properties as a build event may have', () => {
    const properties = Array.from({ length: 5000 }, (_, index) => [`name,[${index}`, 'va"\\l,ue', 'source']);
    const text = JSON.stringify({ payload: { build: { properties } } });
    expect(parseBody(read(text))).toEqual({ payload: { build: { properties } } });
  });

  it.each([
    ['numbers', `[${'1,'.repeat(60_000)}1]`],
    ['lists', `[${'[],'.repeat(40_000)}[]]`],
    ['depth', `${'['.repeat(60_000)}${']'.repeat(60_000)}`],
    ['members', `{"a":${'{"a":'.repeat(60_000)}1${'}'.repeat(60_001)}`],
  ])('is not parsed with more values, and only its beginning is kept: %s', (_what, text) => {
    const body = read(text);
    expect(body.text).toBe(text.slice(0, 4096));
    expect(() => parseBody(body)).toThrow(Invalid);
    expect(() => parseBody(body)).toThrow(
      `body of ${text.length} bytes has more than 50000 values; only its beginning is kept`,
    );
  });

  it('may hold any number of commas and brackets in its texts', () => {
    const text = JSON.stringify({ text: '[,{\\"'.repeat(60_000) });
    expect(parseBody(read(text))).toEqual(JSON.parse(text));
  });
});
