import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Seconds to wait after a number of failures (1 and up): drawn evenly between `first` and a ceiling that doubles with
 * every failure up to `max`, so that many processes do not come back at the same moment.
 */
export function backoff(failures: number, first: number, max: number, random = Math.random): number {
  const ceiling = Math.min(max, first * 2 ** Math.min(failures, 40));
  return first + random() * Math.max(0, ceiling - first);
}

/** Waits for a number of seconds, or until the signal is given; never throws. */
export async function rest(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
}

/** Waits for something that may never come, but no longer than this many seconds; never throws. */
export async function within(seconds: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([work.catch(() => undefined), rest(seconds, enough.signal)]);
  enough.abort();
}
