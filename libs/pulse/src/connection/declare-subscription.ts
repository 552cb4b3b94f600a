import type { Channel } from 'amqplib';
import type { Subscription } from '../options.js';
import { toErrorText } from '../error-text.js';

/** Remedies for a refused declaration, by the declared object and the broker's reply code. */
const REMEDIES: Record<string, string> = {
  'exchange 404': 'it does not exist; the bridge continues as soon as its owner declares it',
  'queue 403': 'pulse_user may not declare it; on Pulse the name must begin with queue/<user>/',
  'queue 405': 'another connection holds it exclusively',
  'queue 406':
    'it exists with arguments other than the bridge declares (durable, no others); configure another queue name, or delete the queue once it is empty',
  'binding 403': 'pulse_user may not read the exchange, or may not write to the queue',
  'binding 404': 'the exchange or queue was deleted meanwhile',
};

/**
 * Declares a subscription's queue and bindings. Its exchange belongs to another user and is only checked passively:
 * declaring it would be refused with 403, which closes the channel. The queue gets no arguments, because existing queues
 * have none and a redeclaration with others is refused with 406.
 *
 * @throws Error that names what was refused and the remedy
 */
export async function declareSubscription(channel: Channel, subscription: Subscription): Promise<void> {
  const { queue, exchange, bindings } = subscription;
  await explainRefusal('exchange', exchange, () => channel.checkExchange(exchange));
  await explainRefusal('queue', queue, () => channel.assertQueue(queue, { durable: true }));
  for (const pattern of bindings) {
    await explainRefusal('binding', `${queue} to ${exchange}`, () =>
      channel.bindQueue(queue, exchange, pattern),
    );
  }
}

async function explainRefusal(kind: string, name: string, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    const remedy = REMEDIES[`${kind} ${code}`];
    throw new Error(`${kind} ${name}: ${remedy ?? toErrorText(error)}`, { cause: error });
  }
}
