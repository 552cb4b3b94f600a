import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import * as z from 'zod';

export interface PushOptions {
  host: string;
  /** Undefined when no posts are taken. */
  port?: number | undefined;
  secret?: string | undefined;
}

/** Maximum bytes of a post; a build with its properties, which may have 64 KiB each, is rarely larger. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Milliseconds for a whole post. */
const REQUEST_TIMEOUT = 10_000;

const MOST_CONNECTIONS = 100;

const id = z.int().min(1);
/** What a master's HttpStatusPush sends about a build, or about a request without a build. */
const post = z.union([
  z.object({ buildrequestid: id }).transform(({ buildrequestid }) => buildrequestid),
  z
    .object({ buildrequest: z.object({ buildrequestid: id }) })
    .transform(({ buildrequest }) => buildrequest.buildrequestid),
]);

/**
 * Takes the posts of masters. A post needs the shared secret, and only its build request id is used: what has happened to
 * the request is read from the master.
 */
export class PushServer {
  private readonly logger = new Logger(PushServer.name);
  private server: Server | undefined;

  constructor(private readonly options: PushOptions) {}

  /** The port on which it listens; undefined when it does not. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  /** @throws Error when the port cannot be used */
  async start(onChanged: (buildRequestId: number) => void): Promise<void> {
    const { host, port, secret } = this.options;
    if (port === undefined || secret === undefined) return;
    const server = createServer((request, response) => {
      void this.handle(request, response, secret, onChanged);
    });
    server.requestTimeout = REQUEST_TIMEOUT;
    server.headersTimeout = REQUEST_TIMEOUT;
    server.maxConnections = MOST_CONNECTIONS;
    server.listen(port, host);
    await once(server, 'listening');
    this.server = server;
    this.logger.log({ host, port: this.port }, 'taking posts of Buildbot masters');
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
    secret: string,
    onChanged: (buildRequestId: number) => void,
  ): Promise<void> {
    const status = await this.take(request, secret, onChanged).catch(() => 400);
    // The connection is closed after a refusal, because the rest of the body may still be on its way.
    response.writeHead(status, status === 204 ? {} : { connection: 'close' }).end();
  }

  private async take(
    request: IncomingMessage,
    secret: string,
    onChanged: (buildRequestId: number) => void,
  ): Promise<number> {
    if (!isEqual(request.headers.authorization ?? '', `Bearer ${secret}`)) {
      this.logger.warn({ address: request.socket.remoteAddress }, 'post without the secret refused');
      return 401;
    }
    if (request.method !== 'POST') return 405;
    const body = await readBody(request);
    if (body === undefined) return 413;
    const read = post.safeParse(JSON.parse(body.toString()));
    if (!read.success) return 400;
    onChanged(read.data);
    return 204;
  }
}

/** Takes the same time whatever differs, also the length. */
function isEqual(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(one!, other!);
}

/** Undefined when the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > MOST_BYTES) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
