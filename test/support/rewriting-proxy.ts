import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a database server as some proxies do, and sends on other statements than it got. */
export class RewritingProxy {
  /** What is put in the place of a text that a client sends; shorter ones are filled up with spaces. */
  instead: readonly [text: string, other: string] | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(serverUrl: string) {
    const { hostname, port } = new URL(serverUrl);
    this.server = createServer((client) => {
      const upstream = connect({ host: hostname, port: Number(port) });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.sockets.add(from.on('error', () => undefined).setNoDelay(true));
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
      }
      client.on('data', (chunk) => upstream.write(this.rewritten(chunk)));
      upstream.pipe(client);
    });
  }

  /** The URL with the proxy in the server's place. */
  async start(url: string): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const through = new URL(url);
    through.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return through.href;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Lengths are part of the protocol, so they stay as they are. */
  private rewritten(chunk: Buffer): Buffer {
    if (!this.instead) return chunk;
    const [text, other] = this.instead;
    return Buffer.from(chunk.toString('latin1').replaceAll(text, other.padEnd(text.length)), 'latin1');
  }
}
