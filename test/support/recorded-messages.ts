import { readdirSync, readFileSync } from 'node:fs';
import { connect, type ChannelModel, type ConfirmChannel, type Options } from 'amqplib';
import { SERVERS } from './servers.js';

const FIXTURES = new URL('../fixtures/', import.meta.url);

/** A message as it was recorded: what the broker is given, byte for byte. */
export interface RecordedMessage {
  /** The last part of the recorded exchange's name, for example `task-pending`; the broker's own has a prefix. */
  exchange: string;
  routingKey: string;
  content: Buffer;
  properties: Options.Publish;
}

interface TaskclusterSample {
  exchange: string;
  routingKey: string;
  properties: Options.Publish;
  payload: { status: { taskId: string } };
}

/** What a queue service of Taskcluster's published, in its order. */
export function readRecordedByTaskcluster(): (RecordedMessage & { taskId: string })[] {
  const file = new URL('taskcluster/pulse-samples.json', FIXTURES);
  const samples = JSON.parse(readFileSync(file, 'utf8')) as TaskclusterSample[];
  return samples.map(({ exchange, routingKey, properties, payload }) => ({
    exchange: exchange.split('/').at(-1)!,
    routingKey,
    // The recording holds the parsed body; the service writes it with JSON.stringify, and so is it written here.
    content: Buffer.from(JSON.stringify(payload)),
    properties,
    taskId: payload.status.taskId,
  }));
}

/** A message of a Buildbot master's or of its post-run step, by the name of its file. */
export function readRecordedByBuildbot(name: string): RecordedMessage {
  const content = readFileSync(new URL(`buildbot/pulse/${name}.json`, FIXTURES));
  const { _meta: meta } = JSON.parse(content.toString()) as { _meta: { routing_key: string } };
  return {
    exchange: 'build',
    routingKey: meta.routing_key,
    content,
    properties: { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 2, priority: 0 },
  };
}

/** Names of all the Buildbot messages that there are. */
export function listBuildbotRecordings(): string[] {
  return readdirSync(new URL('buildbot/pulse/', FIXTURES))
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
}

/** Publishes recorded messages to the tests' RabbitMQ, on exchanges of a test's own. */
export class Replay {
  private constructor(
    private readonly model: ChannelModel,
    private readonly channel: ConfirmChannel,
    private readonly exchanges: Readonly<Record<string, string>>,
    private readonly queues: readonly string[],
  ) {}

  /**
   * @param exchanges the broker's names, by the names that {@link RecordedMessage} has
   * @param queues that {@link close} deletes
   */
  static async open(exchanges: Readonly<Record<string, string>>, queues: readonly string[]): Promise<Replay> {
    const model = await connect(SERVERS.rabbitmq.url);
    const channel = await model.createConfirmChannel();
    for (const name of new Set(Object.values(exchanges)))
      await channel.assertExchange(name, 'topic', { durable: true });
    return new Replay(model, channel, exchanges, queues);
  }

  /** Resolves when the broker has the message. */
  async publish({ exchange, routingKey, content, properties }: RecordedMessage): Promise<void> {
    const name = this.exchanges[exchange];
    if (name === undefined) throw new Error(`no exchange for ${exchange}`);
    this.channel.publish(name, routingKey, content, properties);
    await this.channel.waitForConfirms();
  }

  /** Messages that wait in the bridge's queues. */
  async countWaiting(): Promise<number> {
    const depths = await Promise.all(this.queues.map((queue) => this.channel.checkQueue(queue)));
    return depths.reduce((sum, { messageCount }) => sum + messageCount, 0);
  }

  async close(): Promise<void> {
    for (const queue of this.queues) await this.channel.deleteQueue(queue);
    for (const name of new Set(Object.values(this.exchanges))) await this.channel.deleteExchange(name);
    await this.channel.close();
    await this.model.close();
  }
}
