import { toBaseUrl, type HttpAnswer, HttpConnections, openWebSocket, type OpenWebSocket } from '@bbb/http';
import { Refused, Unavailable } from '@bbb/rules';
import type * as z from 'zod';
import { SYSTEM } from '../options.js';
import { type Urgency, CallLimit } from './call-limit.js';
import { readJson } from './read-json.js';
import { Session } from './session.js';

export interface RestClientOptions {
  /** Base URL, with or without a slash at its end. */
  url: string;
  user: string;
  password: string;
  /** Maximum seconds per call that changes something. */
  timeout: number;
  maxConnections: number;
}

/** An answer that does not have the form of the API. */
export class MalformedAnswer extends Unavailable {}

/** An answer with a status of 500 or more: the master could not carry out the call. */
export class ServerFailure extends Unavailable {}

interface Message {
  verb: 'GET' | 'POST';
  /** Below the base URL. */
  path: string;
  body?: Buffer;
}

export type Query = readonly (readonly [name: string, value: string | number])[];

/** Maximum seconds per read. Some masters never finish an answer, and the second attempt succeeds. */
const READ_TIMEOUT = 20;

/** Maximum size of an answer. A page of 500 builds has 200 KB; a list of thousands of builders has some MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The REST API of one Buildbot master, version 2 of its protocol.
 *
 * Methods throw
 * * Refused: 4xx, also when the login is not accepted
 * * Unavailable: no usable answer; a call that changes something may still have taken effect
 */
export class RestClient {
  private readonly base: string;
  private readonly connections: HttpConnections;
  private readonly limit: CallLimit;
  private readonly session: Session;

  constructor(private readonly options: RestClientOptions) {
    this.base = toBaseUrl(options.url);
    this.connections = new HttpConnections(options.maxConnections);
    this.limit = new CallLimit(options.maxConnections);
    this.session = new Session(() => this.logIn());
  }

  close(): void {
    this.connections.close();
  }

  /**
   * Reads, with a second attempt when there is no usable answer: Buildbot 4.2 and 4.3 sometimes send no body.
   *
   * @param path below the base URL
   */
  async get<T>(path: string, query: Query, schema: z.ZodType<T>, urgency: Urgency): Promise<T> {
    const search = new URLSearchParams(
      query.map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    const message: Message = { verb: 'GET', path: search === '' ? path : `${path}?${search}` };
    const timeout = Math.min(READ_TIMEOUT, this.options.timeout);
    const read = async () => {
      // Most masters allow anonymous reads, so reads work even while the login fails.
      const answer = await this.send(message, urgency, timeout, this.session.current);
      return parse(readBody(answer, path), schema, path);
    };
    return read().catch((error: unknown) => {
      if (error instanceof Unavailable) return read();
      throw error;
    });
  }

  /** Calls a control method (JSON-RPC). The result need not tell whether it took effect; many methods return null. */
  async call<T>(path: string, method: string, params: object, schema: z.ZodType<T>): Promise<T> {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    // Control methods always need a login, so it is made before the call.
    const cookie = await this.session.open();
    const answer = await this.send({ verb: 'POST', path, body }, 'urgent', this.options.timeout, cookie);
    const { result } = readBody(answer, path) as { result?: unknown };
    return parse(result, schema, path);
  }

  /** The host of the master, for log messages. */
  get name(): string {
    return new URL(this.base).host;
  }

  /**
   * Opens the WebSocket of the master's events, with the login: from 4.3 on a master may refuse it without.
   *
   * @throws Error when it cannot be opened
   */
  async openEvents(): Promise<OpenWebSocket> {
    const cookie = await this.session.open();
    return openWebSocket(`${this.base}/ws`, { cookie }, READ_TIMEOUT * 1000).catch((error: unknown) => {
      // The login may have expired; the next attempt makes another one.
      this.session.expire(cookie);
      throw error;
    });
  }

  /** Logs in, unless there is a login already. */
  async checkLogin(): Promise<void> {
    await this.session.open();
  }

  /** Sends a message, and once more after a new login when the answer is 403. */
  private async send(
    message: Message,
    urgency: Urgency,
    timeout: number,
    cookie: string | undefined,
  ): Promise<HttpAnswer> {
    const exchange = (headers: Record<string, string>) =>
      this.limit.run(urgency, () => this.exchange(message, headers, timeout), timeout * 1000);
    const answer = await exchange(cookie === undefined ? {} : { cookie });
    if (answer.status !== 403) return answer;
    if (cookie !== undefined) this.session.expire(cookie);
    return exchange({ cookie: await this.session.open() });
  }

  private logIn(): Promise<HttpAnswer> {
    const { user, password, timeout } = this.options;
    const account = Buffer.from(`${user}:${password}`).toString('base64');
    const limit = Math.min(READ_TIMEOUT, timeout);
    return this.exchange({ verb: 'GET', path: '/auth/login' }, { authorization: `Basic ${account}` }, limit);
  }

  private async exchange(
    { verb, path, body }: Message,
    headers: Record<string, string>,
    timeout: number,
  ): Promise<HttpAnswer> {
    const url = new URL(this.base + path);
    const all = {
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    };
    try {
      return await this.connections.exchange(
        { verb, url, body, headers: all, maxBytes: MAX_BYTES },
        timeout * 1000,
      );
    } catch (error) {
      const { code, name } = error as { code?: unknown; name?: unknown };
      throw new Unavailable(SYSTEM, `no answer from the Buildbot master: ${String(code ?? name)}`, {
        cause: error,
      });
    }
  }
}

/** The body as JSON whatever its content type; errors come as text/plain. */
function readBody({ status, body }: HttpAnswer, path: string): unknown {
  if (status === 200) {
    try {
      return readJson(body.toString());
    } catch (cause) {
      throw new Unavailable(SYSTEM, `the Buildbot master did not send JSON for ${path}`, { cause });
    }
  }
  const said = readErrorMessage(body);
  if (status >= 400 && status < 500)
    throw new Refused(SYSTEM, status, 'Refused', `the Buildbot master answered ${status} for ${path}${said}`);
  throw new ServerFailure(SYSTEM, `the Buildbot master answered ${status} for ${path}${said}`);
}

/** The error message of the answer, shortened; an object when parameters were invalid. */
function readErrorMessage(body: Buffer): string {
  try {
    const { error } = readJson(body.toString()) as { error?: unknown };
    const said = (error as { message?: unknown } | undefined)?.message ?? error;
    return said === undefined
      ? ''
      : `: ${(typeof said === 'string' ? said : JSON.stringify(said)).slice(0, 200)}`;
  } catch {
    return '';
  }
}

function parse<T>(value: unknown, schema: z.ZodType<T>, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new MalformedAnswer(SYSTEM, `the Buildbot master answered something unexpected for ${path}`, {
    cause: parsed.error,
  });
}
