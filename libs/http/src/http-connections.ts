import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { broken } from './broken.js';
import { Slots } from './slots.js';

/** What is sent. */
export interface HttpMessage {
  verb: string;
  /** A user and password in it become Basic authentication. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | undefined;
}

/** What came back, whatever it was: redirects are not followed. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A builder list may have tens of megabytes, and nothing else comes near to that. */
const LARGEST = 256 * 1024 * 1024;

/** Connections that are kept for the next call. Up to a number of them are used at a time; the rest waits. */
export class HttpConnections {
  private readonly slots: Slots;
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  constructor(atATime: number) {
    this.slots = new Slots(atATime);
    // Of each server: with a limit for all, those kept for one would keep calls from another until they are closed.
    const options = { keepAlive: true, maxSockets: atATime };
    this.http = new HttpAgent(options);
    this.https = new HttpsAgent(options);
  }

  /**
   * Sends a message and waits for the whole answer.
   *
   * @param timeout milliseconds, from when a connection is free for it to the answer's last byte
   * @param within milliseconds for all of it, waiting for a connection included
   * @throws Error with a `code`: ETIMEDOUT, ECONNRESET and the like
   */
  exchange(message: HttpMessage, timeout: number, within = timeout): Promise<HttpAnswer> {
    const end = performance.now() + within;
    const send = () => this.send(message, Math.max(1, Math.min(timeout, end - performance.now())));
    return this.slots.run(send, within);
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }

  private send({ verb, url, headers, body }: HttpMessage, timeout: number): Promise<HttpAnswer> {
    const isPlain = url.protocol === 'http:';
    const options = {
      method: verb,
      agent: isPlain ? this.http : this.https,
      headers: body ? { ...headers, 'content-length': body.length } : headers,
    };
    return new Promise((resolve, reject) => {
      const request = (isPlain ? httpRequest : httpsRequest)(url, options);
      const timer = setTimeout(() => request.destroy(broken('ETIMEDOUT', 'no answer in time')), timeout);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      request.on('error', fail);
      request.on('response', (response) => {
        whole(response).then((answer) => {
          clearTimeout(timer);
          resolve(answer);
        }, fail);
      });
      request.end(body);
    });
  }
}

function whole(response: IncomingMessage): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    response.on('data', (part: Buffer) => {
      size += part.length;
      if (size > LARGEST) response.destroy(broken('EMSGSIZE', 'the answer is too large'));
      else parts.push(part);
    });
    response.on('end', () => {
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, headers, body: parts.length === 1 ? parts[0]! : Buffer.concat(parts) });
    });
    response.on('error', reject);
    response.on('close', () => {
      if (!response.complete) reject(broken('ECONNRESET', 'the answer was cut off'));
    });
  });
}
