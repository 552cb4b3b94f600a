import { setTimeout as sleep } from 'node:timers/promises';
import { isContention } from '../errors/errors.js';

/**
 * Repeats short work while the database answers "busy", "locked" or "deadlock", with growing pauses and jitter.
 * The wait is asynchronous, so that a holder of the lock in this process can finish.
 *
 * @param patience seconds after which the last error is thrown
 */
export async function retryWhenBusy<T>(work: () => Promise<T>, patience = 10): Promise<T> {
  const giveUpAt = Date.now() + patience * 1000;
  for (let pause = 2; ; pause = Math.min(pause * 2, 100)) {
    try {
      return await work();
    } catch (error) {
      if (!isContention(error) || Date.now() + pause > giveUpAt) throw error;
      await sleep(pause * (0.5 + Math.random()));
    }
  }
}
