import { Logger } from '@nestjs/common';
import type { Clock, KeptMessage, MessageStore, Telemetry } from '@bbb/rules';
import { wait } from '../connection/backoff.js';
import type { DatabasePause } from './database-pause.js';
import type { ParkingOptions } from '../options.js';
import type { Outcome } from './settlement.js';

/** Retries parked messages when they are due, several concurrently. */
export class ParkedMessages {
  private readonly logger = new Logger('Pulse');
  private running: Promise<void> = Promise.resolve();

  /**
   * @param timing seconds, see ParkingOptions
   * @param concurrency maximum messages retried at the same time
   * @param retry handles and settles one message; must not throw
   */
  constructor(
    private readonly subscriptions: readonly string[],
    private readonly timing: Pick<ParkingOptions, 'interval' | 'reservation'>,
    private readonly concurrency: number,
    private readonly store: MessageStore,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    private readonly pause: DatabasePause,
    private readonly retry: (kept: KeptMessage) => Promise<Outcome>,
    private readonly stopping: AbortSignal,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Resolves when no retry is running; call it after the stop signal. */
  waitUntilStopped(): Promise<void> {
    return this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.aborted) {
      try {
        await this.retryAllDue();
      } catch (error) {
        await this.pause.begin(error);
      }
      await wait(this.timing.interval, this.stopping);
    }
  }

  private async retryAllDue(): Promise<void> {
    while (!this.pause.isOn && !this.stopping.aborted) {
      const now = this.clock.now();
      const due = await this.store.takeDue(
        this.subscriptions,
        now,
        now + this.timing.reservation,
        this.concurrency,
      );
      await Promise.all(due.map((kept) => this.retryOne(kept)));
      if (due.length < this.concurrency) return;
    }
  }

  private async retryOne(kept: KeptMessage): Promise<void> {
    const outcome = await this.retry(kept);
    this.telemetry.count('parked_attempts_total', { queue: kept.subscription, outcome });
    if (outcome === 'acked') {
      this.logger.log({ subscription: kept.subscription, id: kept.id }, 'parked message handled');
    }
  }
}
