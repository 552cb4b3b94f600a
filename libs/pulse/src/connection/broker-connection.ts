import { Logger } from '@nestjs/common';
import type { Clock } from '@bbb/rules';
import { pickDelay, wait, waitAtMost } from './backoff.js';
import type { BrokerOptions } from '../options.js';
import type { BrokerSession } from './broker-session.js';
import { toError, toErrorText } from '../error-text.js';

/** Maximum seconds that a shutdown waits for a connection attempt, which cannot be aborted. */
const SHUTDOWN_WAIT = 3;

/** Callbacks to the owner of the connection. */
export interface ConnectionEvents {
  connected(): void;
  disconnected(): void;
  /** Whether a new session should consume. */
  wantsMessages(): boolean;
}

/**
 * Keeps one session with the broker open: opens it, waits for its end, and opens the next one after a backoff. One loop
 * handles every kind of loss. amqplib's own recovery is not used, because the in-process broker of the sandbox has none.
 */
export class BrokerConnection {
  private readonly logger = new Logger('Pulse');
  private session?: BrokerSession;
  private isUp = false;
  private lastError = 'first connection attempt in progress';
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly broker: BrokerOptions,
    private readonly clock: Clock,
    private readonly openSession: () => Promise<BrokerSession>,
    private readonly events: ConnectionEvents,
    private readonly stopping: AbortSignal,
  ) {}

  start(): void {
    this.running = this.keepConnected();
  }

  /** Why there is no connection; undefined when connected. Never contains the password. */
  findProblem(): string | undefined {
    return this.isUp ? undefined : this.lastError;
  }

  async setConsuming(wanted: boolean): Promise<void> {
    await this.session?.setConsuming(wanted);
  }

  /** Closes the session; call it after the stop signal. */
  async close(): Promise<void> {
    await this.session?.close();
    await waitAtMost(SHUTDOWN_WAIT, this.running);
  }

  private async keepConnected(): Promise<void> {
    for (let failures = 1; !this.stopping.aborted; failures++) {
      const { error, lasted } = await this.runSession();
      if (this.stopping.aborted) return;
      // A session that ends right after it opened counts as a failure, so that the delay keeps growing.
      if (lasted >= this.broker.reconnectMax) failures = 1;
      const delay = pickDelay(failures, this.broker.reconnectMin, this.broker.reconnectMax);
      this.lastError = this.hidePassword(toErrorText(error));
      this.logger.warn({ error: this.lastError, delay }, 'not connected to Pulse; will retry');
      await wait(delay, this.stopping);
    }
  }

  private async runSession(): Promise<{ error: Error; lasted: number }> {
    let begun: number | undefined;
    try {
      const session = await this.openSession();
      if (this.stopping.aborted) await session.close();
      begun = this.clock.now();
      this.session = session;
      await session.setConsuming(this.events.wantsMessages());
      if (session.isOpen) this.announce();
      return { error: await session.ended, lasted: this.clock.now() - begun };
    } catch (error) {
      return { error: toError(error), lasted: 0 };
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

  private hidePassword(text: string): string {
    const { password } = this.broker;
    if (password === '') return text;
    return text.replaceAll(password, '***').replaceAll(encodeURIComponent(password), '***');
  }
}
