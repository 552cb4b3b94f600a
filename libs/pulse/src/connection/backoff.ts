import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Seconds to wait after a number of failures (1 and up): uniformly random between `first` and a ceiling that doubles with
 * every failure up to `max`, so that many processes do not return at the same moment.
 */
export function pickDelay(failures: number, first: number, max: number, random = Math.random): number {
  const ceiling = Math.min(max, first * 2 ** Math.min(failures, 40));
  return first + random() * Math.max(0, ceiling - first);
}

/** Waits for a number of seconds, or until the signal aborts; never throws. */
export async function wait(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
}

/** Waits for a promise, but at most this many seconds; never throws. */
export async function waitAtMost(seconds: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work.catch(() => undefined), wait(seconds, done.signal)]);
  done.abort();
}
