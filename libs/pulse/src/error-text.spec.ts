import { describe, expect, it } from '@jest/globals';
import { toError, toErrorText } from './error-text.js';

describe('errorText', () => {
  it.each([
    [new Error('no answer'), 'no answer'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new TypeError(), 'TypeError'],
    ['thrown text', 'thrown text'],
    [undefined, 'undefined'],
  ])('of %p is %p', (error, text) => {
    expect(toErrorText(error)).toBe(text);
    expect(toErrorText(toError(error))).toBe(text);
  });

  it('has a bounded length', () => {
    expect(toErrorText(new Error('ä'.repeat(5000)))).toBe('ä'.repeat(1000));
  });
});
