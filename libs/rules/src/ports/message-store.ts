/** A message as the broker delivered it. */
export interface ReceivedMessage {
  /** Our name of the subscription, for example `task-pending`; not the broker's queue name. */
  subscription: string;
  exchange: string;
  routingKey: string;
  body: string;
}

/** A message kept in the bridge's database because it could not be handled. Times are epoch seconds. */
export interface KeptMessage extends ReceivedMessage {
  id: number;
  /** parked: will be retried at nextAttempt; quarantined: waits for an operator. */
  state: 'parked' | 'quarantined';
  error: string;
  attempts: number;
  receivedAt: number;
  nextAttempt: number | null;
}

/**
 * Keeps messages that cannot be handled now (parked) or ever (quarantined), so that they do not fill the broker's queue.
 * Methods throw {@link Unavailable}.
 */
export abstract class MessageStore {
  /** Parks a new message; `nextAttempt` in epoch seconds. */
  abstract park(message: ReceivedMessage, error: string, nextAttempt: number): Promise<void>;

  abstract quarantine(message: ReceivedMessage, error: string): Promise<void>;

  /**
   * Takes due parked messages of these subscriptions, earliest first, and reserves each for this caller until
   * `reservedUntil`, so that no other instance takes it meanwhile.
   */
  abstract takeDue(
    subscriptions: readonly string[],
    now: number,
    reservedUntil: number,
    limit: number,
  ): Promise<KeptMessage[]>;

  /** Deletes a message that has been handled. */
  abstract settle(id: number): Promise<void>;

  /** Parks a message again after another failed attempt. */
  abstract parkAgain(id: number, error: string, nextAttempt: number): Promise<void>;

  abstract quarantineKept(id: number, error: string): Promise<void>;

  abstract count(state: KeptMessage['state']): Promise<number>;
}
