import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a database server, and can lose the answer to a COMMIT. */
export class CuttingProxy {
  /** Chunks that clients have sent; with small statements one for each round trip. */
  sent = 0;
  private cutting = false;
  private hanging = false;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private readonly target: { host: string; port: number };

  constructor(serverUrl: string) {
    const { hostname, port } = new URL(serverUrl);
    this.target = { host: hostname, port: Number(port) };
    this.server = createServer((client) => this.join(client));
  }

  /** The URL with the proxy in the server's place. */
  async start(url: string): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const through = new URL(url);
    through.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return through.href;
  }

  /** The server will carry out the next COMMIT, and the client will lose its connection instead of the answer. */
  loseNextCommit(): void {
    this.cutting = true;
  }

  /** From now on nothing passes, and nothing is closed. */
  hang(): void {
    this.hanging = true;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const upstream = connect(this.target);
    let lost = false;
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        // A server that works on a lost client's COMMIT is let finish.
        if (!lost) upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (this.hanging) return;
      this.sent++;
      if (this.cutting && /COMMIT(?!TED)/.test(chunk.toString('latin1'))) {
        this.cutting = false;
        lost = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (lost) client.destroy();
      else client.write(chunk);
    });
  }
}
