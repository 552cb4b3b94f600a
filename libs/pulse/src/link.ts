import { Logger } from '@nestjs/common';
import type { Clock } from '@bbb/rules';
import { backoff, rest, within } from './backoff.js';
import type { BrokerOptions } from './options.js';
import type { Session } from './session.js';
import { asError, errorText } from './text.js';

/** Seconds that an attempt to connect, which cannot be broken off, may keep a stop waiting. */
const PATIENCE = 3;

/** What the link tells its owner. */
export interface LinkEvents {
  connected(): void;
  disconnected(): void;
  /** Whether a new session is to consume. */
  wantsMessages(): boolean;
}

/**
 * Keeps one session with the broker: opens it, waits for its end, and opens the next one after a while. One loop for
 * every kind of loss, and for brokers and stand-ins that know nothing of recovery.
 */
export class Link {
  private readonly logger = new Logger('Pulse');
  private session?: Session;
  private isUp = false;
  private lastError = 'first attempt under way';
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly broker: BrokerOptions,
    private readonly clock: Clock,
    private readonly openSession: () => Promise<Session>,
    private readonly events: LinkEvents,
    private readonly stopping: AbortSignal,
  ) {}

  start(): void {
    this.running = this.stayConnected();
  }

  /** Why there is no connection; undefined when there is one. Never holds the password. */
  problem(): string | undefined {
    return this.isUp ? undefined : this.lastError;
  }

  async consume(wanted: boolean): Promise<void> {
    await this.session?.consume(wanted);
  }

  /** Ends the session politely; to be called after the stop signal. */
  async close(): Promise<void> {
    await this.session?.close();
    await within(PATIENCE, this.running);
  }

  private async stayConnected(): Promise<void> {
    for (let failures = 1; !this.stopping.aborted; failures++) {
      const { error, lasted } = await this.oneSession();
      if (this.stopping.aborted) return;
      // One that ends as soon as it was opened is no success, and must not be repeated without a growing pause.
      if (lasted >= this.broker.reconnectMax) failures = 1;
      const delay = backoff(failures, this.broker.reconnectMin, this.broker.reconnectMax);
      this.lastError = this.withoutSecret(errorText(error));
      this.logger.warn({ error: this.lastError, delay }, 'not connected to Pulse');
      await rest(delay, this.stopping);
    }
  }

  private async oneSession(): Promise<{ error: Error; lasted: number }> {
    let begun: number | undefined;
    try {
      const session = await this.openSession();
      if (this.stopping.aborted) await session.close();
      begun = this.clock.now();
      this.session = session;
      await session.consume(this.events.wantsMessages());
      if (session.isOpen) this.announce();
      return { error: await session.ended, lasted: this.clock.now() - begun };
    } catch (error) {
      return { error: asError(error), lasted: 0 };
    } finally {
      this.session = undefined;
      if (this.isUp) this.events.disconnected();
      this.isUp = false;
    }
  }

  private announce(): void {
    this.isUp = true;
    this.logger.log({ host: this.broker.host, vhost: this.broker.vhost }, 'connected to Pulse');
    this.events.connected();
  }

  private withoutSecret(text: string): string {
    const { password } = this.broker;
    if (password === '') return text;
    return text.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***');
  }
}
