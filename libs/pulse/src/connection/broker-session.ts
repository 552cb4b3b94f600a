import { Logger } from '@nestjs/common';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { waitAtMost } from './backoff.js';
import type { Subscription } from '../options.js';
import { toError, toErrorText } from '../error-text.js';
import { Acknowledgements } from './acknowledgements.js';
import { declareSubscription } from './declare-subscription.js';

/** Maximum seconds to close a channel or connection. */
const CLOSE_TIMEOUT = 3;

export type Deliver = (session: BrokerSession, subscription: Subscription, message: ConsumeMessage) => void;

/**
 * One connection with one channel, from open to end. Losing any part ends the whole session: the connection, the channel
 * (closed by the broker), or a consumer (cancelled by the broker, which is the only sign of a deleted queue). The next
 * session declares everything again.
 */
export class BrokerSession {
  private readonly logger = new Logger('Pulse');
  private readonly consumerTags = new Map<string, string>();
  private lastChange: Promise<void> = Promise.resolve();
  private readonly acknowledgements: Acknowledgements;
  private wanted = false;
  private open = true;
  private resolveEnded!: (reason: Error) => void;

  /** Resolves with the reason for the end; never rejects. */
  readonly ended = new Promise<Error>((resolve) => (this.resolveEnded = resolve));

  private constructor(
    private readonly model: ChannelModel,
    private readonly channel: Channel,
    private readonly subscriptions: readonly Subscription[],
    private readonly deliver: Deliver,
    prefetch: number,
  ) {
    this.acknowledgements = new Acknowledgements(Math.ceil(prefetch / 2));
    // An 'error' event without a listener would end the process.
    model.on('error', (error) => this.end(error));
    model.on('close', (error?: Error) => this.end(error ?? new Error('connection closed')));
    channel.on('error', (error) => this.end(error));
    channel.on('close', () => this.end(new Error('channel closed')));
  }

  /**
   * Opens a channel and declares queues and bindings. Does not consume yet.
   *
   * @throws Error when the broker refuses; the connection is then closed
   */
  static async open(
    model: ChannelModel,
    subscriptions: readonly Subscription[],
    prefetch: number,
    deliver: Deliver,
  ): Promise<BrokerSession> {
    model.on('error', () => undefined);
    try {
      const session = new BrokerSession(model, await model.createChannel(), subscriptions, deliver, prefetch);
      await session.channel.prefetch(prefetch);
      for (const subscription of subscriptions) await declareSubscription(session.channel, subscription);
      return session;
    } catch (error) {
      await waitAtMost(CLOSE_TIMEOUT, closeQuietly(model));
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Starts or stops all consumers. Resolves when the broker has confirmed, or the session has ended. */
  setConsuming(wanted: boolean): Promise<void> {
    this.wanted = wanted;
    this.lastChange = this.lastChange
      .then(() => (this.wanted ? this.startConsumers() : this.stopConsumers()))
      .catch((error: unknown) => this.end(toError(error)));
    return this.lastChange;
  }

  /** Returns false when the session has ended; the broker then redelivers the message. */
  ack(message: ConsumeMessage): boolean {
    if (this.open) this.acknowledgements.ack(() => this.trySend(() => this.channel.ack(message)));
    return this.open;
  }

  /** Returns false when the session has ended, like {@link ack}. */
  requeue(message: ConsumeMessage): boolean {
    this.acknowledgements.noteRequeued();
    return this.trySend(() => this.channel.nack(message, false, true));
  }

  /** Closes the channel first, which sends the last acks. Closing only the connection would lose them. */
  async close(): Promise<void> {
    if (!this.open) return;
    this.acknowledgements.flush();
    this.open = false;
    await waitAtMost(CLOSE_TIMEOUT, closeQuietly(this.channel));
    await waitAtMost(CLOSE_TIMEOUT, closeQuietly(this.model));
    this.resolveEnded(new Error('closed by the bridge'));
  }

  private async startConsumers(): Promise<void> {
    for (const subscription of this.subscriptions) {
      if (!this.open || this.consumerTags.has(subscription.name)) continue;
      const { consumerTag } = await this.channel.consume(subscription.queue, (message) => {
        if (message) {
          this.acknowledgements.noteDelivered();
          return this.deliver(this, subscription, message);
        }
        this.end(new Error(`queue ${subscription.queue}: the broker cancelled its consumer`));
      });
      this.consumerTags.set(subscription.name, consumerTag);
    }
  }

  private async stopConsumers(): Promise<void> {
    const tags = [...this.consumerTags.values()];
    this.consumerTags.clear();
    if (this.open) await Promise.all(tags.map((tag) => this.channel.cancel(tag)));
  }

  private trySend(send: () => void): boolean {
    if (!this.open) return false;
    try {
      send();
      return true;
    } catch (error) {
      this.logger.debug(
        { error: toErrorText(error) },
        'acknowledgement not sent; the broker will redeliver the message',
      );
      return false;
    }
  }

  private end(reason: Error): void {
    if (!this.open) return;
    this.open = false;
    this.resolveEnded(reason);
    void closeQuietly(this.model);
  }
}

/** Closes a channel or connection; an error means that it is closed already. */
async function closeQuietly(closable: { close(): Promise<void> }): Promise<void> {
  try {
    await closable.close();
  } catch {
    // Already closed.
  }
}
