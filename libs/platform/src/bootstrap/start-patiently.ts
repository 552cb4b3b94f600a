import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { StartDelayed } from './start-delayed.js';

/** Seconds between two attempts: the first, which doubles each time, and the maximum. */
export interface StartPauses {
  first: number;
  most: number;
}

const PAUSES: StartPauses = { first: 1, most: 30 };

/**
 * Starts something, and retries as long as it throws StartDelayed. If the process ended instead, a process manager would
 * restart it and show it as running meanwhile.
 *
 * @param signal ends the wait for the next attempt
 * @returns undefined when the signal aborted before the start
 * @throws any other error of `start`
 */
export async function startPatiently<T>(
  start: () => Promise<T>,
  logger: LoggerService,
  signal: AbortSignal,
  pauses: StartPauses = PAUSES,
): Promise<T | undefined> {
  for (let pause = pauses.first; ; pause = Math.min(pause * 2, pauses.most)) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof StartDelayed)) throw error;
      logger.error({ reason: error.message, retryIn: pause }, 'service cannot start yet; will retry');
    }
    await sleep(pause * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}
