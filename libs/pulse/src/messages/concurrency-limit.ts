/**
 * Concurrency limiter, first come first served. The broker's prefetch limits the messages of one channel; after a
 * reconnect the new channel's messages would come on top of those still handled for the previous channel.
 */
export class ConcurrencyLimit {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly idleWaiters: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  /** Runs the work synchronously when the limit allows, otherwise when its turn comes. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.running < this.limit) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      await work();
    } finally {
      this.finish();
    }
  }

  /** Resolves when nothing runs or waits. */
  async waitUntilIdle(): Promise<void> {
    if (this.running === 0) return;
    await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  private finish(): void {
    const next = this.waiting.shift();
    if (next) return next();
    this.running--;
    if (this.running === 0) this.idleWaiters.splice(0).forEach((done) => done());
  }
}
