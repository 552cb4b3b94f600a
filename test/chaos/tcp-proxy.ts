import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  client: Socket;
  upstream: Socket;
}

const USUAL_PORTS: Record<string, number> = { amqp: 5672, mysql: 3306, postgres: 5432, postgresql: 5432 };

/** Stands between the services and a server that must not be restarted, and makes it seem to be away. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private readonly target: { host: string; port: number };
  private server: Server;
  private port = 0;
  private stalled = false;
  private answersToLose = 0;

  private constructor(private readonly serverUrl: string) {
    const { hostname, port, protocol } = new URL(serverUrl);
    this.target = { host: hostname, port: Number(port) || USUAL_PORTS[protocol.replace(':', '')] || 0 };
    this.server = this.listener();
  }

  static async start(serverUrl: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(serverUrl);
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

  /** Cuts every connection. @returns how many */
  cut(): number {
    const pairs = [...this.pairs];
    for (const { client, upstream } of pairs)
      for (const socket of [client, upstream]) socket.resetAndDestroy();
    return pairs.length;
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

  /** The server will do what it is next asked for, and whoever asked loses the connection instead of the answer. */
  loseNextAnswer(): void {
    this.answersToLose = 1;
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.refuse();
    else this.cut();
  }

  private listener(): Server {
    return createServer((client) => this.join(client));
  }

  private async listen(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private join(client: Socket): void {
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
    client.on('data', (chunk) => {
      upstream.write(chunk);
      if (this.answersToLose === 0 || lost) return;
      this.answersToLose = 0;
      lost = true;
    });
    upstream.on('data', (chunk) => {
      if (lost) client.resetAndDestroy();
      else client.write(chunk);
    });
  }
}
