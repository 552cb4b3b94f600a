import { FakeAmqplib } from '@onify/fake-amqplib';
import { type ChannelModel, connect } from 'amqplib';

/** A message broker: a real one by its URL, or one in this process. */
export interface Broker {
  /** For the configuration; of the in-process broker only a name. */
  url: string;
  isInProcess: boolean;
  connect(): Promise<ChannelModel>;
}

export function openBroker(url: string | undefined): Broker {
  if (url !== undefined) return { url, isInProcess: false, connect: () => connect(url) };
  const fake = new FakeAmqplib();
  return { url: 'amqp://in-process', isInProcess: true, connect: () => fake.connect('amqp://in-process') };
}

/** Messages that wait in these queues; a queue that does not exist holds none. */
export async function countMessages(broker: Broker, queues: readonly string[]): Promise<number> {
  let depth = 0;
  for (const queue of queues) {
    const model = await broker.connect();
    model.on('error', () => undefined);
    try {
      const channel = await model.createChannel();
      channel.on('error', () => undefined);
      depth += (await channel.checkQueue(queue)).messageCount;
    } catch {
      // A missing queue closes the channel.
    } finally {
      await model.close().catch(() => undefined);
    }
  }
  return depth;
}

/** Deletes a sandbox's queues and exchanges. */
export async function clearBroker(
  broker: Broker,
  queues: readonly string[],
  exchanges: readonly string[],
): Promise<void> {
  if (broker.isInProcess) return;
  const model = await broker.connect();
  const channel = await model.createChannel();
  for (const queue of queues) await channel.deleteQueue(queue);
  for (const exchange of exchanges) await channel.deleteExchange(exchange);
  await model.close();
}
