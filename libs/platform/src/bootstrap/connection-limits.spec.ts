import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import {
  CONNECTIONS_PER_ADDRESS,
  ConnectionLimits,
  HEAD_TIMEOUT,
  REMOTE_CONNECTIONS,
} from './connection-limits.js';

class FakeSocket extends EventEmitter {
  isOpen = true;

  constructor(readonly remoteAddress: string) {
    super();
  }

  destroy(): void {
    this.isOpen = false;
    this.emit('close');
  }
}

let server: EventEmitter;
beforeEach(() => {
  jest.useFakeTimers();
  server = new EventEmitter();
  new ConnectionLimits().apply(server as Server);
});
afterEach(() => void jest.useRealTimers());

function connect(address: string): FakeSocket {
  const socket = new FakeSocket(address);
  server.emit('connection', socket);
  return socket;
}

/** Begins a request. @returns what ends it */
function ask(socket: FakeSocket): () => void {
  const response = new EventEmitter();
  server.emit('request', { socket }, response);
  return () => response.emit('close');
}

const many = (count: number, address: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => connect(address(index)));
const open = (sockets: FakeSocket[]) => sockets.filter(({ isOpen }) => isOpen).length;

describe('ConnectionLimits', () => {
  it('closes the oldest idle connection of an address for its newest', () => {
    const sockets = many(CONNECTIONS_PER_ADDRESS, () => '192.0.2.1');
    ask(sockets[0]!);
    expect(open([...sockets, connect('192.0.2.1')])).toBe(CONNECTIONS_PER_ADDRESS);
    expect(sockets.map(({ isOpen }) => isOpen).slice(0, 3)).toEqual([true, false, true]);
    expect(open([connect('192.0.2.2')])).toBe(1);
  });

  it('refuses a connection while requests are answered on all others of its address', () => {
    const sockets = many(CONNECTIONS_PER_ADDRESS, () => '192.0.2.1');
    const ends = sockets.map(ask);
    expect(connect('192.0.2.1').isOpen).toBe(false);
    expect(open(sockets)).toBe(CONNECTIONS_PER_ADDRESS);
    ends[0]!();
    expect(connect('192.0.2.1').isOpen).toBe(true);
    expect(sockets[0]!.isOpen).toBe(false);
  });

  it('reserves connections for the machine itself', () => {
    const others = many(REMOTE_CONNECTIONS, (index) => `192.0.2.${index}`);
    others.forEach(ask);
    expect(connect('198.51.100.1').isOpen).toBe(false);
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.2'].map((own) => connect(own).isOpen)).toEqual([
      true,
      true,
      true,
    ]);
    const local = many(CONNECTIONS_PER_ADDRESS + 1, () => '127.0.0.1');
    expect(open(local)).toBe(CONNECTIONS_PER_ADDRESS);
    expect(open(others)).toBe(REMOTE_CONNECTIONS);
  });

  it('closes a connection whose next request does not come in time', () => {
    const [silent, asking] = [connect('192.0.2.1'), connect('192.0.2.1')];
    const end = ask(asking);
    jest.advanceTimersByTime(HEAD_TIMEOUT);
    expect([silent.isOpen, asking.isOpen]).toEqual([false, true]);
    end();
    jest.advanceTimersByTime(HEAD_TIMEOUT - 1);
    expect(asking.isOpen).toBe(true);
    jest.advanceTimersByTime(1);
    expect(asking.isOpen).toBe(false);
  });
});
