import { expect } from '@jest/globals';
import fc from 'fast-check';

type Item = Record<string, unknown>;

/** What a broken system, or one of tomorrow, may put in the place of a value that is in order. */
const oddValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>('', ' ', 'soon', 'NaN', -1, 0.5, 2 ** 53, 1e300, {}, [], [1, 2], null, true),
);

/** How one item of a batch is spoiled: replaced, without a key, or with another value under it. */
export type Spoiling = (item: Item) => unknown;

/**
 * Spoils an item. A key that is spoiled is one of the item's own, at its first or second level.
 *
 * @param kept keys that stay, because the batch is told apart by them
 */
export function spoilings(kept: readonly string[] = []): fc.Arbitrary<Spoiling> {
  const replaced = oddValue.map(
    (value): Spoiling =>
      () =>
        value,
  );
  const changed = fc
    .record({
      place: fc.nat(),
      inner: fc.nat(),
      isDeep: fc.boolean(),
      isLeftOut: fc.boolean(),
      value: oddValue,
    })
    .map(({ place, inner, isDeep, isLeftOut, value }): Spoiling => {
      const spoil = (item: Item, at: number, isDeeper: boolean): Item => {
        const keys = Object.keys(item).filter((key) => !kept.includes(key));
        const key = keys[at % Math.max(1, keys.length)];
        if (key === undefined) return item;
        const { [key]: old, ...others } = item;
        if (isDeeper && typeof old === 'object' && old !== null && !Array.isArray(old))
          return { ...item, [key]: spoil(old as Item, inner, false) };
        return isLeftOut ? others : { ...item, [key]: value };
      };
      return (item) => spoil(item, place, isDeep);
    });
  return kept.length === 0 ? fc.oneof(replaced, changed) : changed;
}

/** A batch of a system: items that are in order, and what the bridge reads from them by the id of each. */
export interface Batch<Id> {
  ids: readonly Id[];
  itemOf: (id: Id) => Item;
  /** Keys that cannot be spoiled. */
  kept?: readonly string[];
  read: (items: readonly unknown[]) => Promise<ReadonlyMap<Id, unknown>> | ReadonlyMap<Id, unknown>;
}

/**
 * Checks that one odd item in a batch does not affect the others: each is read as if all were in order. Of the odd one
 * whatever is read must not be thrown.
 */
export async function expectOthersUnharmed<Id>(
  { ids, itemOf, kept, read }: Batch<Id>,
  numRuns = 100,
): Promise<void> {
  const expected = await read(ids.map(itemOf));
  expect([...expected.keys()]).toEqual(expect.arrayContaining([...ids]));
  await fc.assert(
    fc.asyncProperty(fc.nat(ids.length - 1), spoilings(kept), async (at, spoil) => {
      const items = ids.map((id, index) => (index === at ? spoil(itemOf(id)) : itemOf(id)));
      const found = await read(items);
      ids.forEach((id, index) => {
        if (index !== at) expect(found.get(id)).toEqual(expected.get(id));
      });
    }),
    { numRuns },
  );
}
