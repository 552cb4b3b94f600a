import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A relay in front of a broker that can fail as networks do. With a certificate it ends TLS. */
export class TcpProxy {
  /** Connections accepted so far. */
  accepted = 0;
  port = 0;
  private server?: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly target: { host: string; port: number },
    private readonly certificate?: { key: string; cert: string },
  ) {}

  /** Listens; again on the same port after {@link down}. */
  async up(): Promise<void> {
    const accept = (client: Socket) => this.relay(client);
    const server = this.certificate ? createTlsServer(this.certificate, accept) : createServer(accept);
    server.on('tlsClientError', () => undefined);
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  /** Breaks every connection. */
  kill(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Nothing passes any more on the present connections, and nothing tells so. New ones work. */
  stall(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** Breaks every connection and refuses new ones. */
  async down(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    this.kill();
    await closed;
  }

  private relay(client: Socket): void {
    this.accepted++;
    const upstream = connect(this.target);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (chunk: Buffer) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
