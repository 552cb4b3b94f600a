import { createHash } from 'node:crypto';
import type { RequestKey } from '@bbb/rules';
import type { RequestRows } from '../requests/request-rows.js';

/** What can be done while keys are locked; no other instance creates or withdraws their requests meanwhile. */
export interface LockedKeys {
  /** The request that exists for each key that is locked, undefined for none. Keys that others hold are missing. */
  readonly found: ReadonlyMap<RequestKey, number | undefined>;

  /** Writes requests' rows and makes them last; at most once, and the last thing done under the locks. */
  readonly insert: (requests: readonly RequestRows[]) => Promise<number[]>;
}

/**
 * Runs work under the locks of keys of different tasks. A single key is waited for, and Unavailable thrown when that
 * takes too long. Of several keys only the free ones are locked: without waiting there is no deadlock, and no key holds
 * up the others. The locks belong to the connection that writes, and end with it; work that ends without an insert
 * leaves no trace.
 */
export type KeyLocks = <T>(
  keys: readonly RequestKey[],
  work: (locked: LockedKeys) => Promise<T>,
) => Promise<T>;

/** Name of a key's lock, within MySQL's 64 characters. Runs of one task share it. */
export function lockName({ taskId }: RequestKey): string {
  const name = `bbb:${taskId}`;
  return name.length <= 64 ? name : `bbb:${createHash('sha256').update(taskId).digest('hex').slice(0, 48)}`;
}

/** The same name as a signed 64-bit number, for PostgreSQL. */
export function lockNumber(key: RequestKey): bigint {
  return createHash('sha256').update(lockName(key)).digest().readBigInt64BE();
}
