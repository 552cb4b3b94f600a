import { Injectable } from '@nestjs/common';
import { SystemClock } from '../time/system-clock.js';

interface Loop {
  maxGap: number;
  lastBeat: number;
}

/** Watches whether the loops of a process make progress: each loop reports a beat at the end of each round. */
@Injectable()
export class Heartbeats {
  private readonly loops = new Map<string, Loop>();

  constructor(private readonly clock: SystemClock) {}

  /**
   * Expects beats of a loop from now on.
   *
   * @param maxGap seconds without a beat after which the loop counts as stuck
   */
  expect(loop: string, maxGap: number): void {
    this.loops.set(loop, { maxGap, lastBeat: this.clock.now() });
  }

  beat(loop: string): void {
    const known = this.loops.get(loop);
    if (known) known.lastBeat = this.clock.now();
  }

  listNames(): string[] {
    return [...this.loops.keys()];
  }

  /** @returns why the loop counts as stuck; undefined while it makes progress */
  findProblem(loop: string): string | undefined {
    const known = this.loops.get(loop);
    if (!known) return undefined;
    const gap = this.clock.now() - known.lastBeat;
    return gap > known.maxGap ? `no progress for more than ${known.maxGap} s` : undefined;
  }
}
