/** The current time; injected, so that tests can set it. */
export abstract class Clock {
  /** Seconds since the epoch, with fractions. */
  abstract now(): number;
}
