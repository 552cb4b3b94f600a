import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Maximum milliseconds until the head of the first request, and of each next request after an answer, has arrived. */
export const HEAD_TIMEOUT = 5_000;

/** Maximum connections of one address. All loopback addresses count as one, which has this many in addition to others. */
export const CONNECTIONS_PER_ADDRESS = 16;

/** Maximum connections of all other machines together. */
export const REMOTE_CONNECTIONS = 84;

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;

interface Connection {
  /** The address, or `local` for every loopback address. */
  peer: string;
  isAnswering: boolean;
  timer: NodeJS.Timeout;
}

/**
 * Limits the connections of a server, so that slow clients cannot lock out others: at a limit, the oldest idle connection
 * is closed in favour of the new one. Requests that are being answered are never interrupted; if all connections are
 * busy, the new connection is closed.
 */
export class ConnectionLimits {
  /** In the order in which they were opened. */
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

/** Node.js itself checks for late request heads only every 30 seconds. */
function closeLater(socket: Socket): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), HEAD_TIMEOUT).unref();
}
