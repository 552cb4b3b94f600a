import type { JsonValue } from '@bbb/rules';

type Publish = (exchange: string, routingKey: string, message: JsonValue) => Promise<void>;

/** Between whoever publishes and the broker: messages may get lost, come twice, come late, or overtake each other. */
export class Mail {
  private readonly late = new Set<NodeJS.Timeout>();

  /** @param fate after how many seconds each copy of the next message arrives; none: it is lost */
  constructor(
    private readonly publish: Publish,
    private readonly fate: () => readonly number[] = () => [0],
  ) {}

  get onTheirWay(): number {
    return this.late.size;
  }

  /** Resolves when the broker has what arrives at once. */
  readonly send: Publish = async (exchange, routingKey, message) => {
    for (const delay of this.fate()) {
      if (delay <= 0) await this.publish(exchange, routingKey, message);
      else this.later(delay, () => this.publish(exchange, routingKey, message));
    }
  };

  /** What is late never arrives. */
  close(): void {
    for (const timer of this.late) clearTimeout(timer);
    this.late.clear();
  }

  private later(delay: number, arrive: () => Promise<void>): void {
    const timer = setTimeout(() => {
      // Counted as on its way until the broker has it.
      void arrive().finally(() => this.late.delete(timer));
    }, delay * 1000);
    this.late.add(timer);
  }
}
