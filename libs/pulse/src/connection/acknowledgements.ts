/** Maximum milliseconds that an acknowledgement waits for others. */
const PATIENCE = 20;

/**
 * Gathers the acknowledgements of one channel: they are sent at once when no other message is being handled, otherwise
 * together after at most {@link PATIENCE} milliseconds. The broker then delivers new messages together, too, and what is
 * read and written for them is batched.
 *
 * Messages whose acknowledgements have not been sent when the channel ends are delivered again.
 */
export class Acknowledgements {
  private inProgress = 0;
  private waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param most as many are sent at once, so that the broker's prefetch does not stop deliveries */
  constructor(private readonly most: number) {}

  noteDelivered(): void {
    this.inProgress++;
  }

  /** @param send must not throw */
  ack(send: () => void): void {
    this.inProgress--;
    this.waiting.push(send);
    if (this.inProgress === 0 || this.waiting.length >= this.most) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), PATIENCE);
  }

  noteRequeued(): void {
    this.inProgress--;
  }

  /** Sends those that wait. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const send of this.waiting.splice(0)) send();
  }
}
