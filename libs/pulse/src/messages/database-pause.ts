import { Logger } from '@nestjs/common';
import type { MessageStore } from '@bbb/rules';
import { pickDelay, wait } from '../connection/backoff.js';
import type { BrokerOptions } from '../options.js';
import { toErrorText } from '../error-text.js';

/**
 * Stops consuming while the bridge database is unavailable, so that messages wait in the broker's queue instead of being
 * redelivered over and over, and resumes when the message store answers again.
 */
export class DatabasePause {
  private readonly logger = new Logger('Pulse');
  private consumersStopped?: Promise<void>;
  private resuming: Promise<void> = Promise.resolve();
  private failures = 0;

  /** @param setConsuming starts or stops all consumers; must not throw */
  constructor(
    private readonly store: MessageStore,
    private readonly delays: Pick<BrokerOptions, 'reconnectMin' | 'reconnectMax'>,
    private readonly setConsuming: (wanted: boolean) => Promise<void>,
    private readonly stopping: AbortSignal,
  ) {}

  get isOn(): boolean {
    return this.consumersStopped !== undefined;
  }

  /** Starts a pause, or joins the current one. Resolves when the broker has stopped delivering. */
  begin(error: unknown): Promise<void> {
    if (!this.consumersStopped) {
      this.logger.error(
        { error: toErrorText(error) },
        'bridge database unavailable; message consumption paused',
      );
      this.consumersStopped = this.setConsuming(false);
      this.resuming = this.resumeWhenAvailable(this.consumersStopped);
    }
    return this.consumersStopped;
  }

  /** Records that the database works: the next pause starts with a short delay again. */
  noteDatabaseWorked(): void {
    this.failures = 0;
  }

  /** Resolves when no probe is running; call it after the stop signal. */
  waitUntilStopped(): Promise<void> {
    return this.resuming;
  }

  private async resumeWhenAvailable(consumersStopped: Promise<void>): Promise<void> {
    await consumersStopped;
    do {
      this.failures++;
      await wait(pickDelay(this.failures, this.delays.reconnectMin, this.delays.reconnectMax), this.stopping);
      if (this.stopping.aborted) return;
    } while (!(await this.isDatabaseAvailable()));
    this.consumersStopped = undefined;
    this.logger.log({ failures: this.failures }, 'bridge database available; message consumption resumed');
    await this.setConsuming(true);
  }

  private async isDatabaseAvailable(): Promise<boolean> {
    try {
      await this.store.count('parked');
      return true;
    } catch {
      return false;
    }
  }
}
