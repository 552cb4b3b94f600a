import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { arrayUpTo } from './array-up-to.js';

describe('arrayUpTo', () => {
  const schema = arrayUpTo(3, z.int());

  it('reads as many items as may be', () => {
    expect(schema.safeParse([1, 2, 3])).toEqual({ success: true, data: [1, 2, 3] });
    expect(schema.safeParse([])).toEqual({ success: true, data: [] });
  });

  it('looks at no item of a longer one', () => {
    const { error } = schema.safeParse(['a', 'b', 'c', 'd']);
    expect(error?.issues.map(({ message }) => message)).toEqual(['more than 3 items']);
  });

  it.each([[['a']], [{ length: 1 }], [null], ['abc'], [undefined]])('refuses %j', (given) => {
    expect(schema.safeParse(given).success).toBe(false);
  });
});
