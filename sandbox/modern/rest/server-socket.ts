import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The constant of RFC 6455 from which a server computes its answer to a handshake. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** The server's end of a WebSocket (RFC 6455), for texts that come in single frames. */
export class ServerSocket {
  private received = Buffer.alloc(0);
  private isFrozen = false;

  /** @param take gets each text; what it throws closes the connection */
  constructor(
    { headers }: IncomingMessage,
    private readonly socket: Duplex,
    private readonly take: (text: string) => void,
  ) {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    // Node's HTTP server leaves its side open otherwise.
    socket.on('end', () => socket.destroy());
    socket.on('data', (data: Buffer) => {
      try {
        this.receive(data);
      } catch {
        this.cut();
      }
    });
  }

  onClose(closed: () => void): void {
    this.socket.once('close', closed);
  }

  send(text: string): void {
    this.write(TEXT, Buffer.from(text));
  }

  ping(): void {
    this.write(PING, Buffer.alloc(0));
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.socket.destroy();
  }

  /** The connection stays open, but nothing comes through it any more, in either direction. */
  freeze(): void {
    this.isFrozen = true;
  }

  private receive(data: Buffer): void {
    if (this.isFrozen) return;
    this.received = Buffer.concat([this.received, data]);
    for (let frame = this.readFrame(); frame; frame = this.readFrame()) {
      if (frame.opcode === TEXT) this.take(frame.content.toString());
      else if (frame.opcode === PING) this.write(PONG, frame.content);
      else if (frame.opcode === CLOSE) {
        this.write(CLOSE, frame.content);
        this.socket.end();
      }
    }
  }

  private readFrame(): { opcode: number; content: Buffer } | undefined {
    const { received } = this;
    if (received.length < 2) return undefined;
    const short = received[1]! & 127;
    const [head, length] =
      short < 126
        ? [2, short]
        : short === 126
          ? [4, received.length < 4 ? Infinity : received.readUInt16BE(2)]
          : [10, received.length < 10 ? Infinity : Number(received.readBigUInt64BE(2))];
    const begin = head + 4;
    if (received.length < begin + length) return undefined;
    const mask = received.subarray(head, begin);
    const content = received.subarray(begin, begin + length).map((byte, index) => byte ^ mask[index % 4]!);
    this.received = received.subarray(begin + length);
    return { opcode: received[0]! & 15, content: Buffer.from(content) };
  }

  private write(opcode: number, content: Buffer): void {
    const { length } = content;
    const head = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127];
    const long = Buffer.alloc(length < 65_536 ? 0 : 8);
    if (long.length > 0) long.writeBigUInt64BE(BigInt(length));
    if (this.isFrozen || !this.socket.writable) return;
    this.socket.write(Buffer.concat([Buffer.from([0x80 | opcode, ...head]), long, content]));
  }
}
