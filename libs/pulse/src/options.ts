import { connect, type ChannelModel, type Options, type SocketOptions } from 'amqplib';

/** Where the broker is, and who asks. Durations are seconds. */
export interface BrokerOptions {
  host: string;
  port: number;
  tls: boolean;
  /** Whether the broker's certificate must be signed by a known authority and name the host. */
  tlsVerify: boolean;
  /** PEM text of a certificate authority to trust instead of the system's. */
  ca?: string;
  vhost: string;
  user: string;
  password: string;
  heartbeat: number;
  /** Until a connection must be open; 30 by default. */
  connectTimeout?: number;
  /** Seconds before the first attempt to reconnect; also before the first look whether the database is back. */
  reconnectMin: number;
  /** Seconds between attempts at most. */
  reconnectMax: number;
}

/** A queue of ours, and what is bound to it. The exchange is somebody else's and never declared here. */
export interface Subscription {
  /** Our name, which handlers and kept messages use, for example `task-pending`. */
  name: string;
  queue: string;
  exchange: string;
  /** Routing key patterns. A durable queue keeps the bindings it was given earlier. */
  bindings: string[];
}

/** How a message that cannot be handled now is tried again. Durations are seconds. */
export interface ParkingOptions {
  firstDelay: number;
  maxDelay: number;
  /** Attempts, the first delivery included, before a message is quarantined. */
  attempts: number;
  /** Between two looks at what is due. */
  interval: number;
  /**
   * For which a message is left to the process that tries it. Then another one tries it, because the first may have
   * died; if it has not, both find the same state, and the second nothing to do.
   */
  reservation: number;
}

/** Opens a connection as amqplib's `connect` does; an in-process broker can take its place. */
export type Connector = (address: Options.Connect, socket: SocketOptions) => Promise<ChannelModel>;

export interface PulseOptions {
  connection: BrokerOptions;
  /** Messages of one subscription that may be unanswered at the same time. */
  prefetch: number;
  subscriptions: Subscription[];
  parking: ParkingOptions;
  /** amqplib's by default. */
  connect?: Connector;
}

/** Seconds. */
const CONNECT_TIMEOUT = 30;

/** The broker's address in amqplib's form; whoever shares an in-process broker with the bridge needs the same one. */
export function brokerAddress(broker: BrokerOptions): Options.Connect {
  return {
    protocol: broker.tls ? 'amqps' : 'amqp',
    hostname: broker.host,
    port: broker.port,
    // The library unescapes this one field, and only this one.
    vhost: encodeURIComponent(broker.vhost),
    username: broker.user,
    password: broker.password,
    heartbeat: broker.heartbeat,
  };
}

/**
 * Opens the connection that the options describe. With TLS the server name is the host's (amqplib sets it), and the
 * certificate is verified unless `tlsVerify` is off.
 */
export function openConnection(options: PulseOptions): Promise<ChannelModel> {
  const { connection } = options;
  const tls = connection.tls ? { rejectUnauthorized: connection.tlsVerify, ca: connection.ca } : {};
  const open: Connector = options.connect ?? connect;
  return open(brokerAddress(connection), {
    timeout: (connection.connectTimeout ?? CONNECT_TIMEOUT) * 1000,
    keepAlive: true,
    noDelay: true,
    clientProperties: { connection_name: 'buildbot-bridge' },
    ...tls,
  });
}
