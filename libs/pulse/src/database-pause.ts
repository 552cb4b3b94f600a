import { Logger } from '@nestjs/common';
import type { MessageStore } from '@bbb/rules';
import { backoff, rest } from './backoff.js';
import type { BrokerOptions } from './options.js';
import { errorText } from './text.js';

/**
 * Stops consuming while the bridge's database is away, so that messages wait in the broker's queue instead of going
 * round in circles, and resumes when the message store answers again.
 */
export class DatabasePause {
  private readonly logger = new Logger('Pulse');
  private consumersStopped?: Promise<void>;
  private watching: Promise<void> = Promise.resolve();
  private failures = 0;

  /** @param consume stops and starts all consumers; must not throw */
  constructor(
    private readonly store: MessageStore,
    private readonly delays: Pick<BrokerOptions, 'reconnectMin' | 'reconnectMax'>,
    private readonly consume: (wanted: boolean) => Promise<void>,
    private readonly stopping: AbortSignal,
  ) {}

  get isOn(): boolean {
    return this.consumersStopped !== undefined;
  }

  /** Begins the pause, or joins the one under way; resolves when the broker hands out nothing any more. */
  begin(error: unknown): Promise<void> {
    if (!this.consumersStopped) {
      this.logger.error({ error: errorText(error) }, 'bridge database away, consuming paused');
      this.consumersStopped = this.consume(false);
      this.watching = this.resumeWhenBack(this.consumersStopped);
    }
    return this.consumersStopped;
  }

  /** Something was done with the database's help: the next pause starts with a short wait again. */
  databaseWorked(): void {
    this.failures = 0;
  }

  /** Resolves when nothing is under way; to be called after the stop signal. */
  stopped(): Promise<void> {
    return this.watching;
  }

  private async resumeWhenBack(consumersStopped: Promise<void>): Promise<void> {
    await consumersStopped;
    do {
      this.failures++;
      await rest(backoff(this.failures, this.delays.reconnectMin, this.delays.reconnectMax), this.stopping);
      if (this.stopping.aborted) return;
    } while (!(await this.answers()));
    this.consumersStopped = undefined;
    this.logger.log({ failures: this.failures }, 'bridge database back, consuming resumed');
    await this.consume(true);
  }

  private async answers(): Promise<boolean> {
    try {
      await this.store.count('parked');
      return true;
    } catch {
      return false;
    }
  }
}
