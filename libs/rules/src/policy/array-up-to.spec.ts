import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { createBoundedArray } from './array-up-to.js';

describe('arrayUpTo', () => {
  const schema = createBoundedArray(3, z.int());

  it('accepts the maximum number of items', () => {
    expect(schema.safeParse([1, 2, 3])).toEqual({ success: true, data: [1, 2, 3] });
    expect(schema.safeParse([])).toEqual({ success: true, data: [] });
  });

  it('reads no item of a longer array', () => {
    const { error } = schema.safeParse(['a', 'b', 'c', 'd']);
    expect(error?.issues.map(({ message }) => message)).toEqual(['more than 3 items']);
  });

  it.each([[['a']], [{ length: 1 }], [null], ['abc'], [undefined]])('rejects %j', (given) => {
    expect(schema.safeParse(given).success).toBe(false);
  });
});
