import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  verb: string;
  path: string;
  query: URLSearchParams;
  cookie: string | undefined;
  body: { method?: string; params?: Record<string, unknown> };
}

export type Answering = (seen: Seen, response: ServerResponse) => void;

/** A web server in place of a master, with answers set by the test. The login succeeds unless the test answers it. */
export class ScriptedMaster {
  readonly seen: Seen[] = [];
  logins = 0;
  /** Answers the login instead of the default answer. */
  login: Answering | undefined;
  answer: Answering = (_, response) => json(response, {});

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.handle(request, response);
    });
  }

  static async start(): Promise<ScriptedMaster> {
    // Like a master, it does not announce how long it keeps an idle connection, and keeps it longer than its clients.
    const server = createServer({ keepAliveTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedMaster(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** How many connections are open. */
  countConnections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const url = new URL(request.url!, this.url);
    const text = Buffer.concat(parts).toString();
    const seen: Seen = {
      verb: request.method!,
      path: url.pathname,
      query: url.searchParams,
      cookie: request.headers.cookie,
      body: text === '' ? {} : (JSON.parse(text) as Seen['body']),
    };
    if (url.pathname !== '/auth/login') {
      this.seen.push(seen);
      this.answer(seen, response);
      return;
    }
    this.logins++;
    if (this.login) this.login(seen, response);
    else {
      const cookies = ['TWISTED_SESSION=anonymous; Path=/', `TWISTED_SESSION=login-${this.logins}; Path=/`];
      response.writeHead(302, { location: '/#/', 'set-cookie': cookies }).end();
    }
  }
}

/** Answers with JSON; errors are text/plain, as from masters. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
  const type = status === 200 ? 'application/json' : 'text/plain';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}
