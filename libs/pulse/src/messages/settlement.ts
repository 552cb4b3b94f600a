import { Logger } from '@nestjs/common';
import {
  type Clock,
  Invalid,
  type KeptMessage,
  type MessageStore,
  type ReceivedMessage,
  Unavailable,
} from '@bbb/rules';
import { pickDelay } from '../connection/backoff.js';
import { LeaveToOthers } from '../leave-to-others.js';
import type { ParkingOptions } from '../options.js';
import { toErrorText } from '../error-text.js';

/** Outcome of handling a message. `requeued`: it could not be kept, or is left to others, so it stays where it was. */
export type Outcome = 'acked' | 'parked' | 'quarantined' | 'requeued';

/** Chooses the outcome of a message whose handler threw this error. */
export function chooseOutcome(error: unknown, isLastAttempt: boolean): Exclude<Outcome, 'acked'> {
  if (isBridgeDatabaseUnavailable(error)) return 'requeued';
  if (error instanceof Invalid || isLastAttempt) return 'quarantined';
  return 'parked';
}

/** Parking needs the bridge database, so a message cannot be parked while that is unavailable. */
function isBridgeDatabaseUnavailable(error: unknown): boolean {
  return error instanceof Unavailable && error.system === 'bridge-db';
}

/** How a message is kept: a new one is inserted into the store, a kept one is updated there. */
interface Keeper {
  settle(): Promise<void>;
  park(error: string, nextAttempt: number): Promise<void>;
  quarantine(error: string): Promise<void>;
}

/**
 * Handles messages and makes sure that each is stored somewhere until it is handled. A message that failed is kept in the
 * database, because Pulse deletes queues that grow; while the database is unavailable it stays in the broker's queue.
 */
export class Settlement {
  private readonly logger = new Logger('Pulse');

  /** @param onDatabaseUnavailable called with the error before a message is `requeued`; must not throw */
  constructor(
    private readonly store: MessageStore,
    private readonly clock: Clock,
    private readonly parking: ParkingOptions,
    private readonly onDatabaseUnavailable: (error: unknown) => Promise<void>,
  ) {}

  /** Handles a delivered message. The caller acknowledges it unless the outcome is `requeued`. Never throws. */
  settleDelivered(message: ReceivedMessage, handle: () => Promise<void>): Promise<Outcome> {
    return this.settle(message, 1, handle, {
      settle: async () => undefined,
      park: (error, nextAttempt) => this.store.park(message, error, nextAttempt),
      quarantine: (error) => this.store.quarantine(message, error),
    });
  }

  /** Handles a parked message again. `requeued` leaves it until its reservation ends. Never throws. */
  settleKept(kept: KeptMessage, handle: () => Promise<void>): Promise<Outcome> {
    return this.settle(kept, kept.attempts + 1, handle, {
      settle: () => this.store.settle(kept.id),
      park: (error, nextAttempt) => this.store.parkAgain(kept.id, error, nextAttempt),
      quarantine: (error) => this.store.quarantineKept(kept.id, error),
    });
  }

  private async settle(
    message: ReceivedMessage,
    attempt: number,
    handle: () => Promise<void>,
    keeper: Keeper,
  ): Promise<Outcome> {
    try {
      const failure = await catchFailure(handle);
      if (failure?.error instanceof LeaveToOthers) return 'requeued';
      if (failure) return await this.keep(message, attempt, failure.error, keeper);
      await keeper.settle();
      return 'acked';
    } catch (error) {
      // The message must not be lost, for whatever reason the store failed.
      await this.onDatabaseUnavailable(error);
      return 'requeued';
    }
  }

  private async keep(
    message: ReceivedMessage,
    attempt: number,
    error: unknown,
    keeper: Keeper,
  ): Promise<Outcome> {
    const { subscription, exchange, routingKey } = message;
    const facts = { subscription, exchange, routingKey, attempt, error: toErrorText(error) };
    const verdict = chooseOutcome(error, attempt >= this.parking.attempts);
    switch (verdict) {
      case 'requeued':
        throw error;
      case 'quarantined':
        await keeper.quarantine(facts.error);
        this.logger.error(facts, 'message quarantined');
        return verdict;
      case 'parked': {
        const backoff = pickDelay(attempt, this.parking.firstDelay, this.parking.maxDelay);
        const within = error instanceof Unavailable ? error.retryWithin : undefined;
        const delay = Math.min(backoff, within ?? backoff);
        await keeper.park(facts.error, this.clock.now() + delay);
        this.logger.warn({ ...facts, delay }, 'message parked');
        return verdict;
      }
    }
  }
}

/** Wraps the thrown value, because a handler may throw `undefined`. */
async function catchFailure(handle: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await handle();
    return undefined;
  } catch (error) {
    return { error };
  }
}
