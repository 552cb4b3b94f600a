import { createServer, request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came through: verb, path and body. */
export interface Passed {
  verb: string;
  path: string;
  body: string;
}

/** Passes HTTP on to a server, and shows each request before it goes there. */
export class RecordingProxy {
  private constructor(private readonly server: Server) {}

  static async start(target: string, onRequest: (passed: Passed) => Promise<void>): Promise<RecordingProxy> {
    const server = createServer((incoming, answer) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        const { method: verb = '', url: path = '', headers } = incoming;
        const body = Buffer.concat(parts);
        const failed = () => answer.destroy();
        onRequest({ verb, path, body: body.toString() }).then(() => {
          const outgoing = send(
            new URL(path, target),
            { method: verb, headers, agent: false },
            (response) => {
              answer.writeHead(response.statusCode!, response.headers);
              response.pipe(answer);
              response.on('error', failed);
            },
          );
          outgoing.on('error', failed);
          outgoing.end(body);
        }, failed);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RecordingProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
