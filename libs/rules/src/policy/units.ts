/**
 * Counts the values of JSON and the characters of its texts and names: a lower bound of its size in bytes. Stops soon
 * after `limit`, however large the rest is. It does not recurse, because untrusted input may be nested deeply.
 */
export function countUnits(root: unknown, limit: number): number {
  let units = 0;
  const open: unknown[] = [root];
  while (open.length > 0 && units <= limit) {
    const value = open.pop();
    units += typeof value === 'string' ? value.length + 1 : 1;
    if (Array.isArray(value)) {
      if (units + open.length + value.length > limit) return units + open.length + value.length;
      for (const item of value) open.push(item);
    } else if (typeof value === 'object' && value !== null) {
      for (const name in value) {
        units += name.length + 1;
        if (units > limit) return units;
        open.push((value as Record<string, unknown>)[name]);
      }
    }
  }
  return units;
}
