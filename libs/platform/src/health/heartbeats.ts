import { Injectable } from '@nestjs/common';
import { SystemClock } from '../time/system-clock.js';

interface Loop {
  maxSilence: number;
  lastBeat: number;
}

/** Tells whether the loops of a process are going: each must beat at least so often. */
@Injectable()
export class Heartbeats {
  private readonly loops = new Map<string, Loop>();

  constructor(private readonly clock: SystemClock) {}

  /**
   * Expects beats of a loop from now on.
   *
   * @param maxSilence seconds without a beat after which the loop counts as stuck
   */
  expect(loop: string, maxSilence: number): void {
    this.loops.set(loop, { maxSilence, lastBeat: this.clock.now() });
  }

  beat(loop: string): void {
    const known = this.loops.get(loop);
    if (known) known.lastBeat = this.clock.now();
  }

  /** A loop that was ended on purpose is silent for good. */
  forget(loop: string): void {
    this.loops.delete(loop);
  }

  /** The loops that have been silent for too long. */
  silent(): string[] {
    const now = this.clock.now();
    return [...this.loops]
      .filter(([, { lastBeat, maxSilence }]) => now - lastBeat > maxSilence)
      .map(([name]) => name);
  }

  names(): string[] {
    return [...this.loops.keys()];
  }
}
