import { type KeptMessage, MessageStore, type ReceivedMessage, Unavailable } from '@bbb/rules';

/** A message store in memory that can be unavailable. */
export class MemoryMessageStore extends MessageStore {
  unavailable = false;
  readonly kept = new Map<number, KeptMessage & { reservedUntil: number }>();
  private lastId = 0;

  override async park(message: ReceivedMessage, error: string, nextAttempt: number): Promise<void> {
    this.add(message, { state: 'parked', error, nextAttempt });
  }

  override async quarantine(message: ReceivedMessage, error: string): Promise<void> {
    this.add(message, { state: 'quarantined', error, nextAttempt: null });
  }

  override async takeDue(
    subscriptions: readonly string[],
    now: number,
    reservedUntil: number,
    limit: number,
  ): Promise<KeptMessage[]> {
    this.assertThere();
    const due = [...this.kept.values()]
      .filter((message) => message.state === 'parked' && subscriptions.includes(message.subscription))
      .filter((message) => message.nextAttempt! <= now && message.reservedUntil <= now)
      .slice(0, limit);
    for (const message of due) message.reservedUntil = reservedUntil;
    return due.map((message) => ({ ...message }));
  }

  override async settle(id: number): Promise<void> {
    this.assertThere();
    this.kept.delete(id);
  }

  override async parkAgain(id: number, error: string, nextAttempt: number): Promise<void> {
    const message = this.get(id);
    if (!message) return;
    Object.assign(message, { error, nextAttempt, reservedUntil: 0, attempts: message.attempts + 1 });
  }

  override async quarantineKept(id: number, error: string): Promise<void> {
    const message = this.get(id);
    if (message) Object.assign(message, { error, state: 'quarantined', nextAttempt: null });
  }

  async list(state?: KeptMessage['state']): Promise<KeptMessage[]> {
    this.assertThere();
    return [...this.kept.values()].filter((message) => state === undefined || message.state === state);
  }

  override async count(state: KeptMessage['state']): Promise<number> {
    return (await this.list(state)).length;
  }

  private add(message: ReceivedMessage, rest: Pick<KeptMessage, 'state' | 'error' | 'nextAttempt'>): void {
    this.assertThere();
    const id = ++this.lastId;
    this.kept.set(id, { ...message, ...rest, id, attempts: 1, receivedAt: 0, reservedUntil: 0 });
  }

  private get(id: number) {
    this.assertThere();
    return this.kept.get(id);
  }

  private assertThere(): void {
    if (this.unavailable) throw new Unavailable('bridge-db', 'the database is unavailable');
  }
}
