import { Logger } from '@nestjs/common';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { within } from './backoff.js';
import type { Subscription } from './options.js';
import { asError, errorText } from './text.js';
import { prepare } from './topology.js';

/** Seconds that a goodbye to the broker may take. */
const GOODBYE = 3;

export type Deliver = (session: Session, subscription: Subscription, message: ConsumeMessage) => void;

/**
 * One connection with one channel, from its opening to its end. It ends as a whole, whatever was lost: a connection,
 * a channel the broker has closed, or a consumer the broker has cancelled (a deleted queue shows in no other way).
 * A new one then declares everything again.
 */
export class Session {
  private readonly logger = new Logger('Pulse');
  private readonly consumerTags = new Map<string, string>();
  private turn: Promise<void> = Promise.resolve();
  private wanted = false;
  private open = true;
  private resolveEnded!: (reason: Error) => void;

  /** Resolves with the reason; never rejects. */
  readonly ended = new Promise<Error>((resolve) => (this.resolveEnded = resolve));

  private constructor(
    private readonly model: ChannelModel,
    private readonly channel: Channel,
    private readonly subscriptions: readonly Subscription[],
    private readonly deliver: Deliver,
  ) {
    // Without a listener an 'error' event would end the process.
    model.on('error', (error) => this.end(error));
    model.on('close', (error?: Error) => this.end(error ?? new Error('connection closed')));
    channel.on('error', (error) => this.end(error));
    channel.on('close', () => this.end(new Error('channel closed')));
  }

  /**
   * Opens a channel, and makes queues and bindings; nothing is consumed yet.
   *
   * @throws Error when the broker refuses; the connection is closed then
   */
  static async on(
    model: ChannelModel,
    subscriptions: readonly Subscription[],
    prefetch: number,
    deliver: Deliver,
  ): Promise<Session> {
    const ignore = () => undefined;
    model.on('error', ignore);
    try {
      const session = new Session(model, await model.createChannel(), subscriptions, deliver);
      await session.channel.prefetch(prefetch);
      for (const subscription of subscriptions) await prepare(session.channel, subscription);
      return session;
    } catch (error) {
      await within(GOODBYE, closed(model));
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Starts or stops all consumers; resolves when the broker has agreed, or the session has ended. */
  consume(wanted: boolean): Promise<void> {
    this.wanted = wanted;
    this.turn = this.turn
      .then(() => (this.wanted ? this.startConsumers() : this.stopConsumers()))
      .catch((error: unknown) => this.end(asError(error)));
    return this.turn;
  }

  /** False when the session has ended: the broker delivers the message again then, so nothing is lost. */
  ack(message: ConsumeMessage): boolean {
    return this.answer(() => this.channel.ack(message));
  }

  /** False as for {@link ack}. */
  requeue(message: ConsumeMessage): boolean {
    return this.answer(() => this.channel.nack(message, false, true));
  }

  /** Closes the channel first: that sends the last acks, which closing the connection alone would lose. */
  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await within(GOODBYE, closed(this.channel));
    await within(GOODBYE, closed(this.model));
    this.resolveEnded(new Error('closed by us'));
  }

  private async startConsumers(): Promise<void> {
    for (const subscription of this.subscriptions) {
      if (!this.open || this.consumerTags.has(subscription.name)) continue;
      const { consumerTag } = await this.channel.consume(subscription.queue, (message) => {
        if (message) return this.deliver(this, subscription, message);
        this.end(new Error(`queue ${subscription.queue}: the broker has cancelled its consumer`));
      });
      this.consumerTags.set(subscription.name, consumerTag);
    }
  }

  private async stopConsumers(): Promise<void> {
    const tags = [...this.consumerTags.values()];
    this.consumerTags.clear();
    if (this.open) await Promise.all(tags.map((tag) => this.channel.cancel(tag)));
  }

  private answer(send: () => void): boolean {
    if (!this.open) return false;
    try {
      send();
      return true;
    } catch (error) {
      this.logger.debug({ error: errorText(error) }, 'answer not sent, the message will come again');
      return false;
    }
  }

  private end(reason: Error): void {
    if (!this.open) return;
    this.open = false;
    this.resolveEnded(reason);
    void closed(this.model);
  }
}

/** Closes, and does not mind what is closed already. */
async function closed(closable: { close(): Promise<void> }): Promise<void> {
  try {
    await closable.close();
  } catch {
    // Closing is all that was wanted.
  }
}
