/** The time, injected so that tests decide what time it is. */
export abstract class Clock {
  /** Seconds since the epoch, with fractions. */
  abstract now(): number;
}
