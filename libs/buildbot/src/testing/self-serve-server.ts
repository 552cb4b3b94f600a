import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Cancellation = { buildId: number } | { requestId: number };

/** Accepts cancellations as Self Serve does: with 202 and no effect of its own. */
export class SelfServeServer {
  readonly asked: Cancellation[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const match = /^\/self-serve\/[^/]+\/(build|request)\/(\d+)$/.exec(request.url ?? '');
      if (!match || request.method !== 'DELETE') {
        response.writeHead(404).end();
        return;
      }
      const id = Number(match[2]);
      this.asked.push(match[1] === 'build' ? { buildId: id } : { requestId: id });
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'OK', request_id: this.asked.length }));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/self-serve`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
