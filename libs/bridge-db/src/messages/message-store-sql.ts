import { type Clock, type KeptMessage, MessageStore, type ReceivedMessage, type Redaction } from '@bbb/rules';
import { Logger } from '@nestjs/common';
import { LessThanOrEqual } from 'typeorm';
import type { BridgeDb } from '../bridge-db.js';
import { ERROR_LENGTH, MessageRow } from './message-row.js';

/** Hides the bridge's own secrets in messages before they are kept. */
type Hiding = Pick<Redaction, 'text' | 'largeBody'>;

const UNCHANGED: Hiding = { text: (given) => given, largeBody: (given) => Promise.resolve(given) };

/** The `messages` table. Every write is one statement, as in the task store. */
export class MessageStoreSql extends MessageStore {
  private readonly logger = new Logger('MessageStore');

  constructor(
    private readonly db: BridgeDb,
    private readonly clock: Clock,
    private readonly redaction: Hiding = UNCHANGED,
  ) {
    super();
  }

  async park(message: ReceivedMessage, error: string, nextAttempt: number): Promise<void> {
    await this.keep(message, error, 'parked', nextAttempt);
  }

  async quarantine(message: ReceivedMessage, error: string): Promise<void> {
    await this.keep(message, error, 'quarantined', null);
  }

  /**
   * The reservation is one statement on what is still due: of two who saw it so, one moves it ahead. The time that was
   * read is not compared with: PostgreSQL 11 and older show 15 of its digits.
   *
   * @throws RangeError when `reservedUntil` is not after `now`: that would reserve nothing
   */
  async takeDue(
    subscriptions: readonly string[],
    now: number,
    reservedUntil: number,
    limit: number,
  ): Promise<KeptMessage[]> {
    if (!(reservedUntil > now)) throw new RangeError('a reservation ends after it begins');
    const taken: KeptMessage[] = [];
    while (taken.length < limit) {
      const due = await this.findDue(subscriptions, now, limit - taken.length);
      if (due.length === 0) break;
      for (const candidate of due) {
        if (!(await this.reserve(candidate, now, reservedUntil))) continue;
        const message = await this.readReserved(candidate.id);
        if (message) taken.push(message);
      }
    }
    return taken;
  }

  /** One that cannot be read waits for an operator and keeps no other from being taken. */
  private async readReserved(id: number): Promise<KeptMessage | undefined> {
    const row = await this.db.run((source) => source.manager.findOneBy(MessageRow, { id }));
    if (!row) return undefined;
    const problem = findProblem(row);
    if (problem === undefined) return { ...row };
    this.logger.error({ id, reason: problem }, 'kept message cannot be read; it is quarantined');
    await this.quarantineKept(id, `the kept message cannot be read: ${problem}`);
    return undefined;
  }

  async settle(id: number): Promise<void> {
    await this.db.run((source) => source.manager.delete(MessageRow, { id }));
  }

  async parkAgain(id: number, error: string, nextAttempt: number): Promise<void> {
    await this.db.run((source) =>
      source.manager.update(
        MessageRow,
        { id, state: 'parked' },
        { error: this.toErrorText(error), nextAttempt, attempts: () => 'attempts + 1' },
      ),
    );
  }

  async quarantineKept(id: number, error: string): Promise<void> {
    await this.db.run((source) =>
      source.manager.update(
        MessageRow,
        { id },
        {
          state: 'quarantined',
          error: this.toErrorText(error),
          nextAttempt: null,
          attempts: () => 'attempts + 1',
        },
      ),
    );
  }

  async count(state: KeptMessage['state']): Promise<number> {
    return this.db.run((source) => source.manager.countBy(MessageRow, { state }));
  }

  private async keep(
    message: ReceivedMessage,
    error: string,
    state: KeptMessage['state'],
    nextAttempt: number | null,
  ): Promise<void> {
    const row = {
      subscription: message.subscription,
      exchange: toStorableText(message.exchange),
      routingKey: toStorableText(this.redaction.text(message.routingKey)),
      body: toStorableText(await this.redaction.largeBody(message.body)),
      error: this.toErrorText(error),
      state,
      attempts: 1,
      receivedAt: this.clock.now(),
      nextAttempt,
    };
    await this.db.run((source) =>
      source.manager.createQueryBuilder().insert().into(MessageRow).values(row).updateEntity(false).execute(),
    );
  }

  private toErrorText(error: string): string {
    return toStorableText(this.redaction.text(error).slice(0, ERROR_LENGTH));
  }

  /** Asked for each subscription on its own, so that the index gives the earliest of each without a sort. */
  private async findDue(subscriptions: readonly string[], now: number, limit: number): Promise<Candidate[]> {
    const found: Candidate[] = [];
    for (const subscription of new Set(subscriptions)) {
      const rows = await this.db.run((source) =>
        source.manager.find(MessageRow, {
          select: { id: true, nextAttempt: true },
          where: { state: 'parked', subscription, nextAttempt: LessThanOrEqual(now) },
          order: { nextAttempt: 'ASC', id: 'ASC' },
          take: limit,
        }),
      );
      found.push(...rows.map(({ id, nextAttempt }) => ({ id, nextAttempt: nextAttempt! })));
    }
    return found.sort((a, b) => a.nextAttempt - b.nextAttempt || a.id - b.id).slice(0, limit);
  }

  private async reserve({ id }: Candidate, now: number, until: number): Promise<boolean> {
    const isDue = { id, state: 'parked', nextAttempt: LessThanOrEqual(now) } as const;
    const result = await this.db.run((source) =>
      source.manager.update(MessageRow, isDue, { nextAttempt: until }),
    );
    return result.affected === 1;
  }
}

const TEXTS = ['subscription', 'exchange', 'routingKey', 'body'] as const;
const NUMBERS = ['attempts', 'receivedAt'] as const;

/** SQLite takes any value in any column. */
function findProblem(row: MessageRow): string | undefined {
  const notText = TEXTS.find((field) => typeof row[field] !== 'string');
  if (notText !== undefined) return `${notText} is not text`;
  const notNumber = NUMBERS.find((field) => !Number.isFinite(row[field]));
  return notNumber === undefined ? undefined : `${notNumber} is not a number`;
}

interface Candidate {
  id: number;
  nextAttempt: number;
}

/** PostgreSQL stores no NUL in a text, and no database half a character. */
function toStorableText(text: string): string {
  return text.replace(/\0|\p{Surrogate}/gu, '\uFFFD');
}
