import type { JsonValue } from '@bbb/rules';
import type { MessageKind, MessagePlan } from './plan.js';

export type Publish = (exchange: string, routingKey: string, message: JsonValue) => void | Promise<void>;

/** How messages fare between master and broker. Seconds, and chances between 0 and 1. */
export interface PipelineSettings {
  /** From the event to the broker: PulseStatus pushes every ten seconds, postrun runs three times. */
  delay: Record<MessageKind, number>;
  /** Up to so many seconds more, at random: messages overtake each other. */
  jitter: number;
  loss: number;
  duplication: number;
}

export const USUAL_PIPELINE: PipelineSettings = {
  delay: { started: 10, finished: 10, log_uploaded: 60 },
  jitter: 0,
  loss: 0,
  duplication: 0,
};

interface InTransit {
  routingKey: string;
  message: JsonValue;
  dueAt: number;
  /** Until then only the master's memory has it, and a crash loses it. */
  inMemoryUntil: number;
}

/** Between the events of a master and the exchange. What the broker does not take is offered again. */
export class MessagePipeline {
  private inTransit: InTransit[] = [];

  constructor(
    readonly settings: PipelineSettings,
    private readonly exchange: string,
    private readonly publish: Publish,
    private readonly random: () => number,
  ) {}

  /** When a message of this kind, about something that happens now, is sent. */
  sentAt(kind: MessageKind, now: number): number {
    return now + this.settings.delay[kind];
  }

  add(kind: MessageKind, routingKey: string, message: JsonValue, now: number, plan: MessagePlan = {}): void {
    const { jitter, loss, duplication } = this.settings;
    // Drawn always, so that one knob does not shift the dice of the others.
    const [lost, doubled] = [this.random() < loss, this.random() < duplication];
    const sentAt = this.sentAt(kind, now);
    const copies = plan.lost || lost ? 0 : (plan.copies ?? (doubled ? 2 : 1));
    for (let copy = 0; copy < copies; copy++) {
      this.inTransit.push({
        routingKey,
        message,
        dueAt: sentAt + (plan.delay ?? 0) + this.random() * jitter,
        inMemoryUntil: kind === 'log_uploaded' ? now : sentAt,
      });
    }
  }

  /** Publishes what is due, the longest due first. A failure leaves it and all behind it for the next time. */
  async flush(now: number): Promise<void> {
    const due = this.inTransit.filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt);
    for (const item of due) {
      await this.publish(this.exchange, item.routingKey, item.message);
      this.inTransit = this.inTransit.filter((other) => other !== item);
    }
  }

  /** The master's process dies. */
  crash(now: number): void {
    this.inTransit = this.inTransit.filter(({ inMemoryUntil }) => inMemoryUntil <= now);
  }

  /** How many messages are on their way. */
  get size(): number {
    return this.inTransit.length;
  }
}
