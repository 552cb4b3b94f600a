import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** The constant of RFC 6455 from which a server computes its answer to a handshake. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The WebSocket of a master, with answers set by the test. It takes and sends short texts in single frames. */
export class EventServer {
  /** Cookies of the handshakes. */
  readonly cookies: (string | undefined)[] = [];
  readonly commands: { cmd: string; path?: string; _id: number }[] = [];
  /** Whether commands are answered. */
  isAnswering = true;
  /** The status that a handshake is refused with. */
  refusal: number | undefined;
  private readonly sockets = new Set<Socket>();

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
    const text = Buffer.from(JSON.stringify(frame));
    const head = text.length < 126 ? [text.length] : [126, text.length >> 8, text.length & 255];
    for (const socket of this.sockets) socket.write(Buffer.concat([Buffer.from([0x81, ...head]), text]));
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept({ headers }: IncomingMessage, socket: Socket): void {
    this.cookies.push(headers.cookie);
    if (this.refusal !== undefined) {
      socket.end(`HTTP/1.1 ${this.refusal} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    socket.on('data', (data) => {
      for (const text of readFrames(data)) this.take(text);
    });
  }

  private take(text: string): void {
    const command = JSON.parse(text) as { cmd: string; _id: number };
    this.commands.push(command);
    if (this.isAnswering) this.send({ msg: 'OK', code: 200, _id: command._id });
  }
}

/** The texts of short masked frames. */
function* readFrames(data: Buffer): Generator<string> {
  for (let at = 0; at < data.length;) {
    const isText = (data[at]! & 15) === 1;
    const length = data[at + 1]! & 127;
    const mask = data.subarray(at + 2, at + 6);
    const content = data.subarray(at + 6, at + 6 + length).map((byte, index) => byte ^ mask[index % 4]!);
    at += 6 + length;
    if (isText) yield Buffer.from(content).toString();
  }
}
