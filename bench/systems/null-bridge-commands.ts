/** The kinds of messages that a null bridge handles. */
export type BurstKind = 'pending' | 'started' | 'finished';

/** What the bench asks of a null bridge. */
export type NullBridgeCommand =
  | { ask: 'start'; kind: BurstKind; amqpUrl: string; exchange: string; rootUrl: string; schedulerDb: string }
  /** Answers when so many messages have been handled. */
  | { ask: 'handled'; count: number };

export interface NullBridgeReplies {
  start: null;
  handled: null;
}
