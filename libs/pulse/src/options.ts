import type { Connector } from './connection/open-connection.js';

/** Address of the broker and the bridge's account on it. Durations are seconds. */
export interface BrokerOptions {
  host: string;
  port: number;
  tls: boolean;
  /** Whether the broker's certificate must be signed by a trusted authority and match the host name. */
  tlsVerify: boolean;
  /** Certificate authority to trust instead of the system's, as PEM text. */
  ca?: string;
  vhost: string;
  user: string;
  password: string;
  heartbeat: number;
  /** Timeout for opening a connection. Default 30. */
  connectTimeout?: number;
  /** Minimum delay before a reconnection attempt, and before a check whether the database is available again. */
  reconnectMin: number;
  /** Maximum delay between attempts. */
  reconnectMax: number;
}

/** A queue of the bridge and its bindings. The exchange belongs to another user and is never declared here. */
export interface Subscription {
  /** Name that handlers and kept messages use, for example `task-pending`. */
  name: string;
  queue: string;
  exchange: string;
  /** Routing key patterns. A durable queue also keeps bindings made earlier. */
  bindings: string[];
  /** Text that every message meant for the bridge contains. An oversized message without it is acknowledged unread. */
  ownText?: string;
}

/** How a message that cannot be handled now is retried. Durations are seconds. */
export interface ParkingOptions {
  firstDelay: number;
  maxDelay: number;
  /** Maximum attempts, including the first delivery, before a message is quarantined. */
  attempts: number;
  /** Seconds between checks for parked messages that are due. */
  interval: number;
  /**
   * Seconds for which a due message is reserved for one process. Then another process retries it, because the first may
   * have died. If it has not, the message is handled twice, which is harmless.
   */
  reservation: number;
}

export interface PulseOptions {
  connection: BrokerOptions;
  /** Maximum unacknowledged messages per subscription. */
  prefetch: number;
  subscriptions: Subscription[];
  parking: ParkingOptions;
  /** Opens a connection. Default: amqplib. */
  connect?: Connector;
}
