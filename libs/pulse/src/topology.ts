import type { Channel } from 'amqplib';
import type { Subscription } from './options.js';
import { errorText } from './text.js';

/** What to do about a refusal, by what was asked for and the broker's code. */
const REMEDIES: Record<string, string> = {
  'exchange 404': 'it does not exist; the bridge goes on as soon as its owner has declared it',
  'queue 403': 'the user may not declare it; on Pulse the name begins with queue/<user>/',
  'queue 405': 'another connection uses it exclusively',
  'queue 406':
    'it exists with other arguments than the bridge declares (durable, and no others); give the bridge another queue name, or delete the queue once it is empty',
  'binding 403': 'the user may not read the exchange, or may not write to the queue',
  'binding 404': 'exchange or queue has vanished',
};

/**
 * Makes a subscription's queue and bindings. Its exchange is checked passively: to declare somebody else's is refused
 * with 403, and a refusal closes the channel. No arguments are given to the queue: existing ones have none, and other
 * arguments are refused with 406.
 *
 * @throws Error that names what was refused, and what to do about it
 */
export async function prepare(channel: Channel, subscription: Subscription): Promise<void> {
  const { queue, exchange, bindings } = subscription;
  await explained('exchange', exchange, () => channel.checkExchange(exchange));
  await explained('queue', queue, () => channel.assertQueue(queue, { durable: true }));
  for (const pattern of bindings) {
    await explained('binding', `${queue} to ${exchange}`, () => channel.bindQueue(queue, exchange, pattern));
  }
}

async function explained(kind: string, name: string, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    const remedy = REMEDIES[`${kind} ${code}`];
    throw new Error(`${kind} ${name}: ${remedy ?? errorText(error)}`, { cause: error });
  }
}
