import { Clock } from '@bbb/rules';

/** A clock that only a test moves. */
export class ManualClock extends Clock {
  #now = 1_500_000_000;

  now(): number {
    return this.#now;
  }

  advance(seconds: number): void {
    this.#now += seconds;
  }
}
