import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Exchange } from './exchange.js';
import { openDispatcher } from './open-dispatcher.js';

/** What is sent. */
export interface HttpMessage {
  verb: string;
  /** A user and password in it become Basic authentication. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | undefined;
  /** Bytes of the longest answer that is accepted. Default 16 MiB. */
  maxBytes?: number | undefined;
}

/** What came back, whatever it was: redirects are not followed. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * HTTP calls over kept connections, up to a number of them to each server; calls beyond that wait. Proxies and
 * certificate authorities come from the environment.
 */
export class HttpConnections {
  private readonly dispatcher: Dispatcher | Promise<Dispatcher>;

  constructor(connections: number) {
    this.dispatcher = openDispatcher(connections);
  }

  /**
   * Sends a message and waits for the whole answer.
   *
   * @param timeout milliseconds, from when a connection is free for it to the answer's last byte
   * @param within milliseconds for all of it, including the wait for a connection
   * @throws Error with a `code`: ETIMEDOUT, ECONNRESET, EMSGSIZE (the answer is too large) and the like
   */
  async exchange(message: HttpMessage, timeout: number, within = timeout): Promise<HttpAnswer> {
    const { verb, url, body = null, maxBytes = MAX_BYTES } = message;
    const headers = { ...message.headers, ...basicAuthentication(url) };
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: verb,
      headers,
      body,
    };
    const dispatcher = this.dispatcher instanceof Promise ? await this.dispatcher : this.dispatcher;
    return new Promise((resolve, reject) => {
      dispatcher.dispatch(request, new Exchange(maxBytes, timeout, within, resolve, reject));
    });
  }

  /** Closes all connections, also busy ones. */
  close(): void {
    void Promise.resolve(this.dispatcher).then((dispatcher) => dispatcher.destroy());
  }
}

function basicAuthentication({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(account).toString('base64')}` };
}
