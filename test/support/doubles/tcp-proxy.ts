import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';

interface Pair {
  client: Socket;
  upstream: Socket;
}

const USUAL_PORTS: Record<string, number> = { amqp: 5672, mysql: 3306, postgres: 5432, postgresql: 5432 };

/** Stands between a client and a server that must not be touched, and fails as servers and networks do. */
export class TcpProxy {
  /** Connections accepted so far. */
  accepted = 0;
  /** Chunks that clients have sent; with small statements one for each round trip. */
  sent = 0;
  /** Replaces what a client sends. */
  toServer: (chunk: Buffer) => Buffer = (chunk) => chunk;
  /** Replaces what the server answers. */
  toClient: (chunk: Buffer) => Buffer = (chunk) => chunk;
  port = 0;
  private readonly pairs = new Set<Pair>();
  private target: { host: string; port: number };
  private server: Server;
  private stalled = false;
  private answerToLose: RegExp | undefined;

  private constructor(
    private readonly serverUrl: string,
    private readonly certificate?: { key: string; cert: string },
  ) {
    this.target = readTarget(serverUrl);
    this.server = this.listener();
  }

  /** @param certificate with which the proxy, and not the server, speaks TLS to clients */
  static async start(serverUrl: string, certificate?: { key: string; cert: string }): Promise<TcpProxy> {
    const proxy = new TcpProxy(serverUrl, certificate);
    await proxy.listen();
    return proxy;
  }

  /** The URL with the proxy in the server's place. */
  get url(): string {
    const through = new URL(this.serverUrl);
    through.host = `127.0.0.1:${this.port}`;
    return through.href;
  }

  /** By which the server knows the connections that pass here. */
  get upstreamPorts(): number[] {
    return [...this.pairs].flatMap(({ upstream }) => upstream.localPort ?? []);
  }

  /** From now on connections go to this server; present ones stay where they are. */
  moveTo(serverUrl: string): void {
    this.target = readTarget(serverUrl);
  }

  /** Cuts every connection. @returns how many */
  cut(): number {
    const pairs = [...this.pairs];
    for (const { client, upstream } of pairs) for (const socket of [client, upstream]) this.breakOff(socket);
    return pairs.length;
  }

  /** Whether it refuses or stalls. */
  get isAway(): boolean {
    return this.stalled || !this.server.listening;
  }

  /** The server goes down: connections break, and new ones are refused. */
  async refuse(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  /** Nothing passes, and nothing is closed. */
  stall(): void {
    this.stalled = true;
    this.stallPresent();
  }

  /** As {@link stall}, on the present connections only. */
  stallPresent(): void {
    for (const { client, upstream } of this.pairs) for (const socket of [client, upstream]) socket.pause();
  }

  /** The end of {@link refuse} or {@link stall}. */
  async recover(): Promise<void> {
    this.stalled = false;
    for (const { client, upstream } of this.pairs) for (const socket of [client, upstream]) socket.resume();
    if (this.server.listening) return;
    this.server = this.listener();
    await this.listen();
  }

  /** The server will do what the next matching message asks for, and its client loses the connection instead of the answer. */
  loseNextAnswer(to = /^/): void {
    this.answerToLose = to;
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.refuse();
    else this.cut();
  }

  private listener(): Server {
    const join = (client: Socket) => this.join(client);
    if (!this.certificate) return createServer(join);
    return createTlsServer(this.certificate, join).on('tlsClientError', () => undefined);
  }

  /** Node resets plain connections only. */
  private breakOff(socket: Socket): void {
    if (socket instanceof TLSSocket) socket.destroy();
    else socket.resetAndDestroy();
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private join(client: Socket): void {
    this.accepted++;
    const upstream = connect(this.target);
    const pair = { client, upstream };
    this.pairs.add(pair);
    let lost = false;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        client.destroy();
        // A server at work for a client that is gone is let finish.
        if (!lost) upstream.destroy();
        else upstream.end();
      });
      if (this.stalled) socket.pause();
    }
    client.on('data', (chunk: Buffer) => {
      this.sent++;
      upstream.write(this.toServer(chunk));
      if (lost || !this.answerToLose?.test(chunk.toString('latin1'))) return;
      this.answerToLose = undefined;
      lost = true;
    });
    upstream.on('data', (chunk: Buffer) => {
      if (lost) this.breakOff(client);
      else client.write(this.toClient(chunk));
    });
  }
}

function readTarget(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: Number(port) || USUAL_PORTS[protocol.replace(':', '')] || 0 };
}
