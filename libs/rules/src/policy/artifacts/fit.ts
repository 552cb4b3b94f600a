import { countUnits } from '../units.js';

/** Maximum bytes of `public/properties.json`. */
export const LARGEST_PROPERTIES = 256 * 1024;

/** Published as the source of a property whose value is withheld. */
export const WITHHELD = 'withheld by the bridge';

/** Published in place of a property whose value is withheld. */
export const NOTHING = JSON.stringify([null, WITHHELD]);

/** A build's property as in its messages: name, value, source. */
export type BuildProperty = readonly [name: string, value: unknown, source: string];

/**
 * Properties that certainly do not fit, the largest first. They are withheld before any of their content is checked.
 * Counting a size stops at the limit, however large the value is.
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

/** Withholds values, the largest first, until the rest fits; returns their names. */
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
  // The names alone do not fit. No real build has so many; only their number is published.
  const count = entries.size;
  entries.clear();
  entries.set('properties', JSON.stringify([count, WITHHELD]));
  return aside;
}
