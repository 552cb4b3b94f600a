import { setTimeout as sleep } from 'node:timers/promises';
import { Passing } from './answers.js';

/** Time budget of one call of the port, with all HTTP calls that it makes. */
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

/** Minimum remaining time for another attempt. */
const SHORTEST_ATTEMPT = 50;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2000;

/**
 * Repeats an attempt until it succeeds, fails permanently, or retries or budget are used up. Each attempt gets two time
 * limits: without and with the wait for a connection.
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
