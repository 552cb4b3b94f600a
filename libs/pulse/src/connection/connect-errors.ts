import { toErrorText } from '../error-text.js';

/** Remedies for a failed connection, by the message of the broker or the client library. */
const REMEDIES: [said: RegExp, remedy: string][] = [
  [/ACCESS.REFUSED/, 'user or password refused; check pulse_user and pulse_password'],
  // amqplib does not pass on the broker's reason for refusing a virtual host.
  [
    /Expected ConnectionOpenOk/,
    'virtual host refused; check pulse_vhost, that pulse_user may use it, and that its connection limit is not reached',
  ],
  [
    /wrong version number|packet length too long/i,
    'the broker does not speak TLS on this port; check pulse_port and pulse_ssl',
  ],
  [
    /exceeds maxFrameSize|Socket closed abruptly/,
    'the server does not speak AMQP on this port; check pulse_port and pulse_ssl',
  ],
];

/**
 * Runs an attempt to connect.
 *
 * @throws Error with the remedy, where one is known, followed by the original message
 */
export async function explainConnectErrors<T>(connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    const said = toErrorText(error).trim();
    const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
    if (remedy === undefined) throw error;
    throw new Error(`${remedy} (${said})`, { cause: error });
  }
}
