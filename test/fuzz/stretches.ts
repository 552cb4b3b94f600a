import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

const NANOSECONDS = 1_000_000;

/** Watches how long pieces of work keep everything else from its turn, and what memory they take. */
export class Stretches {
  private longest = 0;
  private readonly delay = monitorEventLoopDelay({ resolution: 1 });

  async watch<T>(work: () => Promise<T>): Promise<T> {
    await nextTurn();
    this.delay.reset();
    this.delay.enable();
    try {
      await nextTurn();
      return await work();
    } finally {
      await nextTurn();
      await nextTurn();
      this.delay.disable();
      if (this.delay.max < Number.MAX_SAFE_INTEGER) this.longest = Math.max(this.longest, this.delay.max);
    }
  }

  /** Figures of this machine, for people: no test depends on them. */
  print(title: string): void {
    const milliseconds = Math.round(this.longest / NANOSECONDS);
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
    process.stdout.write(
      `${title}: longest stretch of the event loop ${milliseconds} ms, peak memory of the test ${megabytes} MB\n`,
    );
  }
}
