import { createHash } from 'node:crypto';

/** All masters count in one status database: each takes its ids from a range of its own. */
export function statusIdsOf(name: string): number {
  const hash = createHash('sha1').update(name).digest();
  return 100_000 * (1 + (hash.readUInt32BE() % 20_000));
}
