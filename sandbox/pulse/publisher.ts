import type { JsonValue } from '@bbb/rules';
import type { ChannelModel, ConfirmChannel } from 'amqplib';

export interface PublisherOptions {
  /** Opens a connection, with amqplib or with something of its shape. */
  connect(): Promise<ChannelModel>;
  /** Topic exchanges that this side owns: Pulse's rule is that who publishes declares. */
  exchanges: readonly string[];
}

/** What the in-process broker says of a message that no queue wants; a real one accepts and drops it. */
const UNROUTABLE = 'message undelivered';

/** The simulated systems' side of Pulse: declares its exchanges and publishes persistent JSON to them. */
export class Publisher {
  private constructor(
    private readonly model: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async open({ connect, exchanges }: PublisherOptions): Promise<Publisher> {
    const model = await connect();
    // Without a listener a lost connection would end the process; the next publication reports it.
    model.on('error', () => undefined);
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    for (const exchange of exchanges) await channel.assertExchange(exchange, 'topic', { durable: true });
    return new Publisher(model, channel);
  }

  /** Resolves when the broker has the message, whether or not a queue wants it. */
  readonly publish = (exchange: string, routingKey: string, message: JsonValue): Promise<void> => {
    const content = Buffer.from(JSON.stringify(message));
    const options = { persistent: true, contentType: 'application/json', contentEncoding: 'utf-8' };
    return new Promise((resolve, reject) => {
      this.channel.publish(exchange, routingKey, content, options, (error: unknown) => {
        if (!(error instanceof Error) || error.message === UNROUTABLE) resolve();
        else reject(error);
      });
    });
  };

  /** What is under way reaches the broker first: who published it need not wait for it. */
  async close(): Promise<void> {
    await this.channel.waitForConfirms().catch(() => undefined);
    await this.channel.close();
    await this.model.close();
  }
}
