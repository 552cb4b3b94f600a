/**
 * Work under way, bounded and begun in the order it came. The broker's prefetch bounds what one channel hands out;
 * after a reconnect that would come on top of what the handlers still do for the channel before.
 */
export class InFlight {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly watchers: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  /** Runs the work at once, synchronously, when there is room, else when its turn comes. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.running < this.limit) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      await work();
    } finally {
      this.finish();
    }
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.running === 0) return;
    await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  private finish(): void {
    const next = this.waiting.shift();
    if (next) return next();
    this.running--;
    if (this.running === 0) this.watchers.splice(0).forEach((done) => done());
  }
}
