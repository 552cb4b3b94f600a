import { Injectable } from '@nestjs/common';

/** The time of this machine. */
@Injectable()
export class SystemClock {
  /** Seconds since the epoch, with fractions. */
  now(): number {
    return Date.now() / 1000;
  }
}
