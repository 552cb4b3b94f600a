import { errorText } from './text.js';

/** What to do when the broker, or what answers in its place, does not take a connection; told by what is said. */
const REMEDIES: [said: RegExp, remedy: string][] = [
  [/ACCESS.REFUSED/, 'user or password refused; check pulse_user and pulse_password'],
  // The client library does not pass on what the broker says about a virtual host.
  [/Expected ConnectionOpenOk/, 'virtual host refused; check pulse_vhost, and that pulse_user may use it'],
  [/wrong version number|packet length too long/i, 'no TLS is spoken there; check pulse_port and pulse_ssl'],
  [/exceeds maxFrameSize|Socket closed abruptly/, 'no AMQP is spoken there; check pulse_port and pulse_ssl'],
];

/**
 * Runs an attempt to connect.
 *
 * @throws Error that says what to do, where that is known, and what was said
 */
export async function connecting<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const said = errorText(error).trim();
    const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
    if (remedy === undefined) throw error;
    throw new Error(`${remedy} (${said})`, { cause: error });
  }
}
