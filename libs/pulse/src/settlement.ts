import { Logger } from '@nestjs/common';
import {
  type Clock,
  Invalid,
  type KeptMessage,
  type MessageStore,
  type ReceivedMessage,
  Unavailable,
} from '@bbb/rules';
import { backoff } from './backoff.js';
import type { ParkingOptions } from './options.js';
import { errorText } from './text.js';

/** What has become of a message. `requeued`: it could not be kept, so whoever had it has it still. */
export type Outcome = 'acked' | 'parked' | 'quarantined' | 'requeued';

/** What an error thrown by a handler means for its message. */
export function verdictOn(error: unknown, isLastAttempt: boolean): Exclude<Outcome, 'acked'> {
  if (meansDatabaseAway(error)) return 'requeued';
  if (error instanceof Invalid || isLastAttempt) return 'quarantined';
  return 'parked';
}

/** Parking would need the very database that is away. */
function meansDatabaseAway(error: unknown): boolean {
  return error instanceof Unavailable && error.system === 'bridge-db';
}

/** Where a message goes: a new one is written to the store, a kept one changed there. */
interface Shelf {
  handled(): Promise<void>;
  park(error: string, nextAttempt: number): Promise<void>;
  quarantine(error: string): Promise<void>;
}

/**
 * Handles messages, and sees to it that each stays somewhere until it has been handled: a failed one in the database,
 * because the broker's queue is no store (Pulse deletes one that grows), or in the queue while the database is away.
 */
export class Settlement {
  private readonly logger = new Logger('Pulse');

  /** @param databaseAway told of the error before anything is `requeued`; must not throw */
  constructor(
    private readonly store: MessageStore,
    private readonly clock: Clock,
    private readonly parking: ParkingOptions,
    private readonly databaseAway: (error: unknown) => Promise<void>,
  ) {}

  /** Handles a message of the broker's, to be acknowledged unless the outcome is `requeued`. Never throws. */
  ofDelivered(message: ReceivedMessage, handle: () => Promise<void>): Promise<Outcome> {
    return this.settle(message, 1, handle, {
      handled: async () => undefined,
      park: (error, nextAttempt) => this.store.park(message, error, nextAttempt),
      quarantine: (error) => this.store.quarantine(message, error),
    });
  }

  /** Handles a parked message again. `requeued` leaves it to the end of its reservation. Never throws. */
  ofKept(kept: KeptMessage, handle: () => Promise<void>): Promise<Outcome> {
    return this.settle(kept, kept.attempts + 1, handle, {
      handled: () => this.store.settle(kept.id),
      park: (error, nextAttempt) => this.store.parkAgain(kept.id, error, nextAttempt),
      quarantine: (error) => this.store.quarantineKept(kept.id, error),
    });
  }

  private async settle(
    message: ReceivedMessage,
    attempt: number,
    handle: () => Promise<void>,
    shelf: Shelf,
  ): Promise<Outcome> {
    try {
      const failure = await failureOf(handle);
      if (failure) return await this.keep(message, attempt, failure.error, shelf);
      await shelf.handled();
      return 'acked';
    } catch (error) {
      // Whatever keeps the store from taking a message, the message must not get lost by it.
      await this.databaseAway(error);
      return 'requeued';
    }
  }

  private async keep(
    message: ReceivedMessage,
    attempt: number,
    error: unknown,
    shelf: Shelf,
  ): Promise<Outcome> {
    const { subscription, exchange, routingKey } = message;
    const facts = { subscription, exchange, routingKey, attempt, error: errorText(error) };
    const verdict = verdictOn(error, attempt >= this.parking.attempts);
    switch (verdict) {
      case 'requeued':
        throw error;
      case 'quarantined':
        await shelf.quarantine(facts.error);
        this.logger.error(facts, 'message quarantined');
        return verdict;
      case 'parked': {
        const delay = backoff(attempt, this.parking.firstDelay, this.parking.maxDelay);
        await shelf.park(facts.error, this.clock.now() + delay);
        this.logger.warn({ ...facts, delay }, 'message parked');
        return verdict;
      }
    }
  }
}

/** A handler may throw anything, undefined included. */
async function failureOf(handle: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await handle();
    return undefined;
  } catch (error) {
    return { error };
  }
}
