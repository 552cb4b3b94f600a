import type { KeptMessage } from '@bbb/rules';
import { formatInstant, toPlainLine } from '../../output/plain-line.js';
import type { Column } from '../../output/table.js';

/** A kept message for a person or a program: times in ISO 8601, without the body. */
export function describeMessage({ body: _, ...message }: KeptMessage) {
  return {
    ...message,
    receivedAt: formatInstant(message.receivedAt),
    nextAttempt: message.nextAttempt === null ? null : formatInstant(message.nextAttempt),
  };
}

export const MESSAGE_COLUMNS: readonly Column<KeptMessage>[] = [
  { title: 'id', text: ({ id }) => String(id) },
  {
    title: 'state',
    text: ({ state }) => state,
    colour: ({ state }) => (state === 'quarantined' ? 'red' : undefined),
  },
  { title: 'subscription', text: ({ subscription }) => toPlainLine(subscription) },
  { title: 'attempts', text: ({ attempts }) => String(attempts) },
  { title: 'received', text: ({ receivedAt }) => formatInstant(receivedAt) },
  {
    title: 'next attempt',
    text: ({ nextAttempt }) => (nextAttempt === null ? '-' : formatInstant(nextAttempt)),
  },
  { title: 'routing key', text: ({ routingKey }) => toPlainLine(routingKey, 60) },
  { title: 'error', text: ({ error }) => toPlainLine(error, 100) },
];
