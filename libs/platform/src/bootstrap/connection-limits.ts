import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds for the head of the first request to arrive, and of each further one after an answer. */
export const HEAD_TIMEOUT = 5_000;

/** Connections of one address. The machine itself counts as one address, and has this many beside all others. */
export const CONNECTIONS_PER_ADDRESS = 16;

/** Connections of all other machines together. */
export const REMOTE_CONNECTIONS = 84;

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

interface Connection {
  /** The address, or `local` for every loopback address. */
  peer: string;
  isAnswering: boolean;
  timer: NodeJS.Timeout;
}

/**
 * Bounds the connections of a server, so that slow ones keep nobody else out: beyond a limit, the oldest connection that
 * waits for nothing is closed in favour of the new one. Requests that are being answered are never cut off; if there are
 * only such, the new connection is refused.
 */
export class ConnectionLimits {
  /** In the order in which they were made. */
  private readonly connections = new Map<Socket, Connection>();

  apply(server: Server): void {
    server.on('connection', (socket) => this.accept(socket));
    server.on('request', (request, response) => this.answer(request, response));
  }

  private accept(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    const peer = LOOPBACK.test(remoteAddress) ? 'local' : remoteAddress;
    const hasRoom =
      this.makeRoom(CONNECTIONS_PER_ADDRESS, (other) => other === peer) &&
      (peer === 'local' || this.makeRoom(REMOTE_CONNECTIONS, (other) => other !== 'local'));
    if (!hasRoom) return void socket.destroy();
    this.connections.set(socket, { peer, isAnswering: false, timer: closeLater(socket) });
    socket.once('close', () => this.forget(socket));
  }

  private answer({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    connection.isAnswering = true;
    clearTimeout(connection.timer);
    response.once('close', () => {
      connection.isAnswering = false;
      if (this.connections.has(socket)) connection.timer = closeLater(socket);
    });
  }

  /** @returns whether there are fewer than `limit` connections of these peers, now or after closing one */
  private makeRoom(limit: number, includes: (peer: string) => boolean): boolean {
    const counted = [...this.connections].filter(([, { peer }]) => includes(peer));
    if (counted.length < limit) return true;
    const [idle] = counted.find(([, { isAnswering }]) => !isAnswering) ?? [];
    if (!idle) return false;
    this.forget(idle);
    idle.destroy();
    return true;
  }

  private forget(socket: Socket): void {
    clearTimeout(this.connections.get(socket)?.timer);
    this.connections.delete(socket);
  }
}

/** Node.js itself looks for late heads only every 30 seconds. */
function closeLater(socket: Socket): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), HEAD_TIMEOUT).unref();
}
