import { setTimeout as sleep } from 'node:timers/promises';
import { Passing } from './answers.js';

/** The time that one call of the port may take, whatever it consists of. */
export class Budget {
  private readonly end: number;

  constructor(
    seconds: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.end = now() + seconds * 1000;
  }

  /** Milliseconds. */
  get left(): number {
    return Math.max(0, this.end - this.now());
  }
}

export interface AttemptLimits {
  /** Milliseconds for one attempt. */
  timeout: number;
  retries: number;
}

/** Less time than this is not worth an attempt. */
const SHORTEST_ATTEMPT = 50;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2000;

/**
 * Tries until it works, fails for good, or retries or budget are used up. Each attempt learns how long it may take once it
 * has a connection, and how long with the wait for one.
 *
 * @throws the last attempt's error
 */
export async function retry<T>(
  budget: Budget,
  limits: AttemptLimits,
  attempt: (timeout: number, within: number) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      const within = Math.max(1, Math.ceil(budget.left));
      return await attempt(Math.min(limits.timeout, within), within);
    } catch (error) {
      const pause = Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE) * (0.75 + Math.random() / 2);
      const over = tries >= limits.retries || budget.left < pause + SHORTEST_ATTEMPT;
      if (!(error instanceof Passing) || over) throw error;
      await sleep(pause);
    }
  }
}
