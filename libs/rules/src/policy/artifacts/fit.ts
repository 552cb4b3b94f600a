import { countUnits } from '../units.js';

/** Bytes of `public/properties.json` at most. */
export const LARGEST_PROPERTIES = 256 * 1024;

/** Stands as the source of a property whose value is not published. */
export const WITHHELD = 'withheld by the bridge';

/** Stands in the place of a property whose value is not published. */
export const NOTHING = JSON.stringify([null, WITHHELD]);

/** A build's property as its messages have it: name, value, source. */
export type BuildProperty = readonly [name: string, value: unknown, source: string];

/**
 * Those properties that certainly do not fit, the largest first: they are put aside before anything of them is judged.
 * Sizes are counted up to what fits, however large a value is.
 */
export function findUnfit(given: readonly BuildProperty[]): Set<BuildProperty> {
  const sizes = given.map((property) => ({ property, units: countUnits(property, LARGEST_PROPERTIES) }));
  let total = sizes.reduce((sum, { units }) => sum + units, 0);
  const unfit = new Set<BuildProperty>();
  for (const { property, units } of sizes.sort((one, other) => other.units - one.units)) {
    if (total <= LARGEST_PROPERTIES) break;
    unfit.add(property);
    total -= units;
  }
  return unfit;
}

/** Puts values aside, the largest first, until the rest fits; returns their names. */
export function putAside(entries: Map<string, string>): string[] {
  const sizes = [...entries].map(([name, json]) => ({ name, bytes: Buffer.byteLength(json) }));
  let total = sizes.reduce(
    (sum, { name, bytes }) => sum + bytes + Buffer.byteLength(JSON.stringify(name)) + 2,
    1,
  );
  const aside: string[] = [];
  for (const { name, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
    if (total <= LARGEST_PROPERTIES || bytes <= NOTHING.length) break;
    entries.set(name, NOTHING);
    total -= bytes - NOTHING.length;
    aside.push(name);
  }
  if (total <= LARGEST_PROPERTIES) return aside;
  // Names alone are too much: no build has such, and nothing can be told of it but how many there were.
  const count = entries.size;
  entries.clear();
  entries.set('properties', JSON.stringify([count, WITHHELD]));
  return aside;
}
