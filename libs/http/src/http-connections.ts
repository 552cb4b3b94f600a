import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Exchange } from './exchange.js';
import { openDispatcher } from './open-dispatcher.js';

/** A request. */
export interface HttpMessage {
  verb: string;
  /** A user and password in it become Basic authentication. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | undefined;
  /** Maximum bytes of the answer. Default 16 MiB. */
  maxBytes?: number | undefined;
  /**
   * Takes the body part by part as it arrives, so that it is never in memory as a whole; the answer's body is then empty.
   * What it throws ends the call with that error.
   */
  onPart?: ((part: Buffer) => void) | undefined;
}

/** The answer with its status; redirects are not followed. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * HTTP calls over keep-alive connections, up to a maximum number to each server; further calls wait. Proxies and
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
   * @param timeout maximum milliseconds from getting a connection to the last byte of the answer
   * @param within maximum milliseconds in all, including the wait for a connection
   * @throws Error with a `code`: ETIMEDOUT, ECONNRESET, EMSGSIZE (the answer is too large) and the like
   */
  async exchange(message: HttpMessage, timeout: number, within = timeout): Promise<HttpAnswer> {
    const { verb, url, body = null, maxBytes = MAX_BYTES, onPart } = message;
    const headers = { ...message.headers, ...createBasicAuthentication(url) };
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: verb,
      headers,
      body,
    };
    const dispatcher = this.dispatcher instanceof Promise ? await this.dispatcher : this.dispatcher;
    return new Promise((resolve, reject) => {
      dispatcher.dispatch(request, new Exchange(maxBytes, onPart, timeout, within, resolve, reject));
    });
  }

  /** Closes all connections, including busy ones. */
  close(): void {
    void Promise.resolve(this.dispatcher).then((dispatcher) => dispatcher.destroy());
  }
}

function createBasicAuthentication({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(account).toString('base64')}` };
}
