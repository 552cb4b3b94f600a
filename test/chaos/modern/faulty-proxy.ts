import {
  createServer,
  type IncomingMessage,
  request as send,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tally } from '../counters.js';

/** How the master's web server behaves: as it is, each answer late, or some answers wrong. */
export type RestWeather = 'fine' | 'slow' | 'wrong';

/** Milliseconds by which answers are late while the master is slow. */
const LATE = 5000;

/** What becomes of a call while answers are wrong. */
const WRONGS = ['passes', 'passes', 'error', 'page', 'cut', 'reset', 'lost'] as const;

/** Stands between the bridge and the REST API and WebSocket of a master. */
export class FaultyProxy {
  weather: RestWeather = 'fine';
  private readonly server: Server;
  /** Both ends of each open WebSocket. */
  private readonly webSockets = new Set<readonly [bridge: Duplex, master: Duplex]>();

  private constructor(
    private readonly target: string,
    private readonly random: () => number,
    private readonly tally: Tally,
  ) {
    this.server = createServer((incoming, answer) => {
      this.pass(incoming, answer).catch(() => answer.destroy());
    });
    this.server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => this.tunnel(incoming, socket));
  }

  static async start(target: string, random: () => number, tally: Tally): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target, random, tally);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cutWebSockets(): void {
    for (const [bridge] of this.webSockets) bridge.destroy();
  }

  /** From now on nothing passes, and nobody is told. */
  silenceWebSockets(): void {
    for (const end of [...this.webSockets].flat()) end.unpipe().resume();
  }

  async stop(): Promise<void> {
    this.cutWebSockets();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { weather } = this;
    const wrong = weather === 'wrong' ? WRONGS[Math.floor(this.random() * WRONGS.length)]! : 'passes';
    if (wrong !== 'passes') this.tally.count(`REST: ${wrong}`);
    if (weather === 'slow') {
      this.tally.count('REST: 5 s late');
      await sleep(LATE * this.random());
    }
    switch (wrong) {
      case 'error':
        return void answer.writeHead(500, { 'content-type': 'text/plain' }).end('{"error": "out of order"}');
      case 'page':
        return void answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Maintenance</h1>');
      case 'reset':
        return void answer.destroy();
      default:
    }
    const { status, headers, body } = await this.forward(incoming, Buffer.concat(parts));
    if (weather === 'slow') await sleep(LATE * this.random());
    // The call has had its effect.
    if (wrong === 'lost') return void answer.destroy();
    answer.writeHead(status, headers);
    if (wrong === 'cut') answer.write(body.subarray(0, body.length / 2), () => answer.destroy());
    else answer.end(body);
  }

  private tunnel({ method, url, rawHeaders }: IncomingMessage, bridge: Duplex): void {
    if (this.weather === 'wrong') return void bridge.destroy();
    const { hostname, port } = new URL(this.target);
    const master = connect(Number(port), hostname);
    const ends = [bridge, master] as const;
    for (const [one, other] of [ends, [master, bridge] as const])
      one.on('error', () => undefined).on('close', () => other.destroy());
    this.webSockets.add(ends);
    bridge.on('close', () => this.webSockets.delete(ends));
    const headers = rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`));
    master.write(`${method} ${url} HTTP/1.1\r\n${headers.join('')}\r\n`);
    bridge.pipe(master).pipe(bridge);
    this.tally.count('WebSocket opened');
  }

  private forward(incoming: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>(
      (resolve, reject) => {
        const { method, url, headers } = incoming;
        const outgoing = send(
          new URL(url!, this.target),
          { method: method!, headers, agent: false },
          (response) => {
            const parts: Buffer[] = [];
            response.on('data', (part: Buffer) => parts.push(part));
            response.on('error', reject);
            response.on('end', () =>
              resolve({
                status: response.statusCode!,
                headers: response.headers,
                body: Buffer.concat(parts),
              }),
            );
          },
        );
        outgoing.on('error', reject);
        outgoing.end(body);
      },
    );
  }
}
