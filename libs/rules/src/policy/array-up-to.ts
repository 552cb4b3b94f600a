import * as z from 'zod';

/** An array whose length is looked at before its items: a million of them would hold up everything else. */
export function arrayUpTo<Item extends z.ZodType>(most: number, item: Item) {
  return z
    .unknown()
    .refine((given) => !Array.isArray(given) || given.length <= most, { error: `more than ${most} items` })
    .pipe(z.array(item));
}
