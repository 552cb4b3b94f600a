import { connect, type ChannelModel, type Options, type SocketOptions } from 'amqplib';
import type { BrokerOptions, PulseOptions } from '../options.js';

/** Opens a connection as amqplib's `connect` does. The sandbox puts an in-process broker here. */
export type Connector = (address: Options.Connect, socket: SocketOptions) => Promise<ChannelModel>;

/** Seconds. */
const CONNECT_TIMEOUT = 30;

/** The broker's address in amqplib's form. Clients that share an in-process broker must use the same address. */
export function toAmqpAddress(broker: BrokerOptions): Options.Connect {
  return {
    protocol: broker.tls ? 'amqps' : 'amqp',
    hostname: broker.host,
    port: broker.port,
    // amqplib unescapes this field and no other.
    vhost: encodeURIComponent(broker.vhost),
    username: broker.user,
    password: broker.password,
    heartbeat: broker.heartbeat,
  };
}

/**
 * Opens a connection. With TLS amqplib sets the server name to the host, and the certificate is verified unless
 * `tlsVerify` is off.
 */
export function openConnection(options: PulseOptions): Promise<ChannelModel> {
  const { connection } = options;
  const tls = connection.tls ? { rejectUnauthorized: connection.tlsVerify, ca: connection.ca } : {};
  const open: Connector = options.connect ?? connect;
  return open(toAmqpAddress(connection), {
    timeout: (connection.connectTimeout ?? CONNECT_TIMEOUT) * 1000,
    keepAlive: true,
    noDelay: true,
    clientProperties: { connection_name: 'buildbot-bridge' },
    ...tls,
  });
}
