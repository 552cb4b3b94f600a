import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ServerSocket } from '../../../../sandbox/modern/rest/server-socket.js';

/** The WebSocket of a master, with answers set by the test. */
export class EventServer {
  /** Cookies of the handshakes. */
  readonly cookies: (string | undefined)[] = [];
  readonly commands: { cmd: string; path?: string; _id: number }[] = [];
  /** Whether commands are answered. */
  isAnswering = true;
  /** The status that a handshake is refused with. */
  refusal: number | undefined;
  private readonly sockets = new Set<ServerSocket>();

  private constructor(private readonly server: Server) {
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => this.accept(request, socket));
  }

  static async start(login: (response: ServerResponse) => void): Promise<EventServer> {
    const server = createServer((_, response) => login(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new EventServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  send(frame: object): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(frame));
  }

  /** How many connections are open. */
  get open(): number {
    return this.sockets.size;
  }

  /** The connections stay open, but nothing comes through them any more. */
  freeze(): void {
    for (const socket of this.sockets) socket.freeze();
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.sockets) socket.cut();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(request: IncomingMessage, socket: Socket): void {
    this.cookies.push(request.headers.cookie);
    if (this.refusal !== undefined) {
      socket.end(`HTTP/1.1 ${this.refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const accepted = new ServerSocket(request, socket, (text) => this.take(text));
    this.sockets.add(accepted);
    accepted.onClose(() => this.sockets.delete(accepted));
  }

  private take(text: string): void {
    const command = JSON.parse(text) as { cmd: string; _id: number };
    this.commands.push(command);
    if (this.isAnswering) this.send({ msg: 'OK', code: 200, _id: command._id });
  }
}
