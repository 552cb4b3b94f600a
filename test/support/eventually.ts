import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats a check until it passes, for what other processes do; in the end throws what it throws. */
export async function eventually<T>(check: () => T | Promise<T>, seconds = 20): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
