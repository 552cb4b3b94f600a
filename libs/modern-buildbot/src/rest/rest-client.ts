import { baseUrl, type HttpAnswer, HttpConnections } from '@bbb/http';
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
  /** Seconds per call that changes something. */
  timeout: number;
  maxConnections: number;
}

interface Message {
  verb: 'GET' | 'POST';
  /** Below the base URL. */
  path: string;
  body?: Buffer;
}

export type Query = readonly (readonly [name: string, value: string | number])[];

/** Seconds per read at most. Some masters never end an answer, and the second attempt succeeds. */
const READ_TIMEOUT = 20;

/** A page of 500 builds has 200 KB; a list of thousands of builders has some MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The REST API of one Buildbot master, version 2 of its protocol.
 *
 * Methods throw
 * * Refused: 4xx, also a login that is not accepted
 * * Unavailable: no usable answer. A call that changes something may have had its effect all the same
 */
export class RestClient {
  private readonly base: string;
  private readonly connections: HttpConnections;
  private readonly limit: CallLimit;
  private readonly session: Session;

  constructor(private readonly options: RestClientOptions) {
    this.base = baseUrl(options.url);
    this.connections = new HttpConnections(options.maxConnections);
    this.limit = new CallLimit(options.maxConnections);
    this.session = new Session(() => this.logIn());
  }

  close(): void {
    this.connections.close();
  }

  /**
   * Reads, with a second attempt when the answer is lost: Buildbot 4.2 and 4.3 send some without their body.
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
      // Most masters let anybody read; a login that fails is no reason not to see what is going on.
      const answer = await this.send(message, urgency, timeout, this.session.current);
      return parse(bodyOf(answer, path), schema, path);
    };
    return read().catch((error: unknown) => {
      if (error instanceof Unavailable) return read();
      throw error;
    });
  }

  /** Calls a control method (JSON-RPC). The result says nothing about the effect; many methods answer null. */
  async call<T>(path: string, method: string, params: object, schema: z.ZodType<T>): Promise<T> {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    // Control needs a login in any case; without the cookie the first call would only be refused.
    const cookie = await this.session.open();
    const answer = await this.send({ verb: 'POST', path, body }, 'urgent', this.options.timeout, cookie);
    const { result } = bodyOf(answer, path) as { result?: unknown };
    return parse(result, schema, path);
  }

  /** Logs in, unless that has been done. */
  async checkLogin(): Promise<void> {
    await this.session.open();
  }

  /** Sends, and once more after a new login when that is refused. */
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
function bodyOf({ status, body }: HttpAnswer, path: string): unknown {
  if (status === 200) {
    try {
      return readJson(body.toString());
    } catch (cause) {
      throw new Unavailable(SYSTEM, `the Buildbot master did not send JSON for ${path}`, { cause });
    }
  }
  const said = saidBy(body);
  if (status >= 400 && status < 500)
    throw new Refused(SYSTEM, status, 'Refused', `the Buildbot master answered ${status} for ${path}${said}`);
  throw new Unavailable(SYSTEM, `the Buildbot master answered ${status} for ${path}${said}`);
}

/** The answer's own message, shortened; an object where parameters were refused. */
function saidBy(body: Buffer): string {
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
  throw new Unavailable(SYSTEM, `the Buildbot master answered something unexpected for ${path}`, {
    cause: parsed.error,
  });
}
