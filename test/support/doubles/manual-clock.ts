import { Clock } from '@bbb/rules';

/** A clock that stands still until a test moves it. */
export class ManualClock extends Clock {
  constructor(private time = 1_500_000_000) {
    super();
  }

  override now(): number {
    return this.time;
  }

  advance(seconds: number): void {
    this.time += seconds;
  }
}
