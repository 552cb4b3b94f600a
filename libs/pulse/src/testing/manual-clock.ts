import { Clock } from '@bbb/rules';

/** A clock that stands still until it is told to go on. */
export class ManualClock extends Clock {
  constructor(private time = 1_700_000_000) {
    super();
  }

  override now(): number {
    return this.time;
  }

  advance(seconds: number): void {
    this.time += seconds;
  }
}
