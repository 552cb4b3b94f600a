import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { connect, type ChannelModel, type ConfirmChannel, type Options } from 'amqplib';
import { SERVERS } from './servers.js';

/** A name that no other test, process or run uses. */
export function createUniqueName(what: string): string {
  return `bbb-test-${randomBytes(6).toString('hex')}-${what}`;
}

/** Where the tests' RabbitMQ is, in the form of the bridge's settings. */
export function findRabbitmqAddress() {
  const url = new URL(SERVERS.rabbitmq.url);
  return {
    host: url.hostname,
    port: Number(url.port || 5672),
    vhost: decodeURIComponent(url.pathname.slice(1)) || '/',
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** The other side of a broker: declares and publishes as the owners of exchanges do, and looks into queues. */
export class BrokerClient {
  private readonly exchanges = new Set<string>();
  private readonly queues = new Set<string>();

  private constructor(
    private readonly model: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  /** Connects to the tests' RabbitMQ, or to what another `connect` gives, with amqplib's interface. */
  static async open(
    open: () => Promise<ChannelModel> = () => connect(SERVERS.rabbitmq.url),
  ): Promise<BrokerClient> {
    const model = await open();
    return new BrokerClient(model, await model.createConfirmChannel());
  }

  async declareExchange(name: string): Promise<void> {
    this.exchanges.add(name);
    await this.channel.assertExchange(name, 'topic', { durable: true });
  }

  async declareQueue(name: string, options: Options.AssertQueue = { durable: true }): Promise<void> {
    this.cleanUpLater(name);
    await this.channel.assertQueue(name, options);
  }

  /** Has {@link close} delete a queue that somebody else declares. */
  cleanUpLater(queue: string): void {
    this.queues.add(queue);
  }

  async deleteQueue(name: string): Promise<void> {
    await this.channel.deleteQueue(name);
  }

  /** Publishes JSON, or bytes as they are; resolves when the broker has the message. */
  async publish(exchange: string, routingKey: string, body: unknown): Promise<void> {
    const content = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    await new Promise<void>((resolve, reject) => {
      this.channel.publish(exchange, routingKey, content, { persistent: true }, (error) =>
        error ? reject(error as Error) : resolve(),
      );
    });
  }

  /** Messages that wait in a queue (unacknowledged ones not counted by RabbitMQ), and its consumers. */
  async look(queue: string): Promise<{ messages: number; consumers: number }> {
    const { messageCount, consumerCount } = await this.channel.checkQueue(queue);
    return { messages: messageCount, consumers: consumerCount };
  }

  /** Deletes what was declared here, and disconnects. */
  async close(): Promise<void> {
    for (const queue of this.queues) await this.channel.deleteQueue(queue);
    for (const exchange of this.exchanges) await this.channel.deleteExchange(exchange);
    await this.channel.close();
    await this.model.close();
  }
}

export async function rabbitmqctl(...parameters: string[]): Promise<void> {
  await promisify(execFile)('rabbitmqctl', ['-q', ...parameters]);
}
