import { createHash } from 'node:crypto';
import type { OrderKey } from '@bbb/bridge';
import type { RequestRows } from './request-rows.js';

/** What can be done while a key is locked; nobody else creates or gives up its request meanwhile. */
export interface LockedKey {
  /** The request that exists for the key. */
  readonly found: number | undefined;

  /** Writes the request's rows and makes them last; at most once, and the last thing done under the lock. */
  readonly insert: (rows: RequestRows) => Promise<number>;
}

/**
 * Runs work under the lock of a key. The lock lives on the connection that writes, so that both die together; work
 * that ends without an insert leaves no trace.
 */
export type KeyLock = <T>(key: OrderKey, work: (locked: LockedKey) => Promise<T>) => Promise<T>;

/** Name of a key's lock, within MySQL's 64 characters. Runs of one task share it. */
export function lockName({ taskId }: OrderKey): string {
  const name = `bbb:${taskId}`;
  return name.length <= 64 ? name : `bbb:${createHash('sha256').update(taskId).digest('hex').slice(0, 48)}`;
}

/** The same name as a signed 64-bit number, for PostgreSQL. */
export function lockNumber(key: OrderKey): bigint {
  return createHash('sha256').update(lockName(key)).digest().readBigInt64BE();
}
