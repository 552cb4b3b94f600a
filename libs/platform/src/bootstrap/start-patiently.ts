import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { StartDelayed } from './start-delayed.js';

/** Seconds between two attempts; doubled each time. */
export interface StartPauses {
  first: number;
  most: number;
}

const PAUSES: StartPauses = { first: 1, most: 30 };

/**
 * Starts something, and tries again as long as it is delayed. A process manager would start the process anew, and show
 * it as running meanwhile.
 *
 * @param signal ends the wait for the next attempt
 * @returns nothing when the signal came before it was started
 * @throws whatever else `start` throws
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
