import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { describeWhere, isReachable, SERVERS } from '../../../../test/support/servers.js';
import { createDataSourceOptions, parseDatabaseUrl } from '../index.js';

/** What the server sends when an operator ends the connection. */
const FATAL = errorResponse({
  S: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
});
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

it('every connection to PostgreSQL has a listener for its errors', () => {
  const target = parseDatabaseUrl('postgresql://somebody@localhost/bridge');
  const options = createDataSourceOptions(target, { poolSize: 1, connectTimeout: 1 });
  const connection = new EventEmitter();
  (options.extra as { onConnect(made: EventEmitter): void }).onConnect(connection);
  expect(() => connection.emit('error', new Error('terminated'))).not.toThrow();
});

describeWhere(isReachable('postgres'))('a connection to PostgreSQL', () => {
  let proxy: Server;
  let url: URL;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    const target = new URL(SERVERS.postgres.url);
    proxy = createServer((client) => {
      const server = connect(Number(target.port || 5432), target.hostname);
      for (const socket of [client, server]) {
        sockets.add(socket.on('error', () => undefined));
        socket.on('close', () => [client, server].forEach((one) => one.destroy()));
      }
      client.pipe(server);
      server.on('data', (chunk) => {
        // In one piece with the end of the handshake, so that nothing comes between the two.
        const isReady = chunk.subarray(-READY_FOR_QUERY.length).equals(READY_FOR_QUERY);
        client.write(isReady ? Buffer.concat([chunk, FATAL]) : chunk);
      });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = new URL(target);
    url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
    await once(proxy, 'close');
  });

  it('that the server ends at once fails a query, and does not end the process', async () => {
    const options = createDataSourceOptions(parseDatabaseUrl(url.href), { poolSize: 2, connectTimeout: 5 });
    const source = new DataSource({ ...options, logging: false });
    await expect(source.initialize()).rejects.toThrow(/not queryable|terminat/i);
  });
});

function errorResponse(fields: Record<string, string>): Buffer {
  const body = Buffer.from(
    `${Object.entries(fields)
      .map(([key, text]) => `${key}${text}\0`)
      .join('')}\0`,
  );
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
