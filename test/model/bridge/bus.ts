import type { ReceivedMessage } from '@bbb/rules';

export const QUEUES = ['task-pending', 'task-exception', 'started', 'log_uploaded'] as const;
export type QueueName = (typeof QUEUES)[number];

/** A message in a broker's queue. */
export interface BusMessage extends ReceivedMessage {
  subscription: QueueName;
  /** Somebody has it, and has not answered for it. */
  isOut: boolean;
}

/** The broker's queues. Messages may be lost, doubled, taken in any order and handed out again. */
export class Bus {
  readonly messages: BusMessage[] = [];
  /** Everything that was ever published. */
  readonly past: BusMessage[] = [];
  /** Loses whatever is published. */
  isDeaf = false;

  publish(subscription: QueueName, body: unknown): void {
    if (this.isDeaf) return;
    const message = {
      subscription,
      exchange: 'exchange/model',
      routingKey: subscription,
      body: JSON.stringify(body),
      isOut: false,
    };
    this.past.push(message);
    this.messages.push(message);
  }

  get ready(): BusMessage[] {
    return this.messages.filter(({ isOut }) => !isOut);
  }

  /** Answered for, or lost. */
  remove(message: BusMessage): void {
    const index = this.messages.indexOf(message);
    if (index >= 0) this.messages.splice(index, 1);
  }

  duplicate(message: BusMessage): void {
    this.messages.push({ ...message, isOut: false });
  }

  /** A queue is deleted; messages that are out cannot be answered for any more. */
  clear(subscription?: QueueName): void {
    for (const message of [...this.messages]) {
      if (subscription === undefined || message.subscription === subscription) this.remove(message);
    }
  }
}
