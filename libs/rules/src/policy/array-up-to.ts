import * as z from 'zod';

/** An array whose length is checked before its items: validating a million of them would block the process. */
export function createBoundedArray<Item extends z.ZodType>(most: number, item: Item) {
  return z
    .unknown()
    .refine((given) => !Array.isArray(given) || given.length <= most, { error: `more than ${most} items` })
    .pipe(z.array(item));
}
