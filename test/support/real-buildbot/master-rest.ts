import { once } from 'node:events';
import { connect } from 'node:net';

/** What a master answered. */
export interface RestAnswer {
  status: number;
  contentType: string;
  // Rows differ by version; a test reads the fields that it is about.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface Account {
  user: string;
  password: string;
}

/** Plain REST calls to one master, with the cookie of a login. No retries: what the master answers is what tests see. */
export class MasterRest {
  private cookie: string | undefined;

  constructor(
    readonly url: string,
    private readonly account: Account,
  ) {}

  /** Without the login. */
  anonymous(): MasterRest {
    return new MasterRest(this.url, { user: '', password: '' });
  }

  async text(path: string): Promise<{ status: number; contentType: string; text: string }> {
    return this.exchange(path, {});
  }

  async get(path: string): Promise<RestAnswer> {
    return read(await this.exchange(path, {}));
  }

  /** The rows of a collection, or the one row of an object; a failure if the status is not 200. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async rows(path: string): Promise<any[]> {
    const { status, body } = await this.get(`/api/v2${path}`);
    if (status !== 200) throw new Error(`GET ${path} answered ${status} ${JSON.stringify(body)}`);
    const name = Object.keys(body as object).find((key) => key !== 'meta');
    return (body as Record<string, unknown[]>)[name!]!;
  }

  /** A control call, with the login unless this is an anonymous client. */
  async call(path: string, method: string, params: object, signal?: AbortSignal): Promise<RestAnswer> {
    return this.post(path, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), signal);
  }

  /** The same with a body that may be no JSON. */
  async post(path: string, body: string, signal?: AbortSignal): Promise<RestAnswer> {
    if (this.account.user && !this.cookie) await this.login();
    return read(
      await this.exchange(`/api/v2${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: signal ?? null,
      }),
    );
  }

  /** Sends a control call and closes the connection at once, so that nobody reads the answer. */
  async send(path: string, method: string, params: object): Promise<void> {
    if (this.account.user && !this.cookie) await this.login();
    const { hostname, port } = new URL(this.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const head = [
      `POST /api/v2${path} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Cookie: ${this.cookie}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    await once(socket, 'finish');
    socket.destroy();
  }

  /** Another client with the same account. */
  another(): MasterRest {
    return new MasterRest(this.url, this.account);
  }

  /** @returns the status of the login: 302 is a success */
  async login(): Promise<number> {
    const basic = Buffer.from(`${this.account.user}:${this.account.password}`).toString('base64');
    const answer = await fetch(`${this.url}/auth/login`, {
      headers: { authorization: `Basic ${basic}` },
      redirect: 'manual',
    });
    await answer.arrayBuffer();
    // The answer may set the cookie of an anonymous session before that of the login.
    this.cookie = answer.headers.getSetCookie().at(-1)?.split(';')[0];
    return answer.status;
  }

  private async exchange(path: string, init: RequestInit) {
    const answer = await fetch(this.url + path, {
      ...init,
      headers: {
        // Without it, answers are formatted for people, as text/plain.
        accept: 'application/json',
        ...(init.headers as Record<string, string>),
        ...(this.cookie ? { cookie: this.cookie } : {}),
      },
    });
    return {
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? '',
      text: await answer.text(),
    };
  }
}

function read({ text, ...answer }: { status: number; contentType: string; text: string }): RestAnswer {
  try {
    return { ...answer, body: JSON.parse(text) };
  } catch {
    return { ...answer, body: text };
  }
}
