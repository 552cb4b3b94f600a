import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { PushServer } from './push-server.js';

Logger.overrideLogger(false);

const SECRET = 'sixteen-letters-';

describe('PushServer', () => {
  let server: PushServer;
  let changed: number[];

  beforeEach(async () => {
    changed = [];
    server = new PushServer({ host: '127.0.0.1', port: 0, secret: SECRET });
    await server.start((id) => changed.push(id));
  });
  afterEach(() => server.stop());

  async function send(body: string, headers: Record<string, string> = {}, method = 'POST'): Promise<number> {
    const { status } = await fetch(`http://127.0.0.1:${server.port}/`, {
      method,
      headers: { authorization: `Bearer ${SECRET}`, ...headers },
      ...(method === 'GET' ? {} : { body }),
    });
    return status;
  }

  it.each([
    ['a build', { buildid: 4, buildrequestid: 7, results: 0, properties: { secret: ['x', 'y'] } }],
    ['a request without a build', { complete: true, buildrequest: { buildrequestid: 7 }, results: 6 }],
  ])('takes the id of the request from the post about %s', async (_, body) => {
    expect(await send(JSON.stringify(body))).toBe(204);
    expect(changed).toEqual([7]);
  });

  it.each([
    ['without a secret', { authorization: '' }],
    ['with another secret', { authorization: 'Bearer sixteen-letters_' }],
    ['with a longer secret', { authorization: `Bearer ${SECRET}x` }],
    ['with the secret as password', { authorization: `Basic ${btoa(`bridge:${SECRET}`)}` }],
  ])('refuses a post %s, whatever is in it', async (_, headers) => {
    expect(await send('{"buildrequestid": 7}', headers)).toBe(401);
    expect(await send('no JSON', headers)).toBe(401);
    expect(changed).toEqual([]);
  });

  it.each([
    'no JSON',
    'null',
    '{}',
    '{"buildrequestid": "7"}',
    '{"buildrequestid": -1}',
    '{"buildrequest": {}}',
  ])('refuses %s', async (body) => {
    expect(await send(body)).toBe(400);
    expect(changed).toEqual([]);
  });

  it('refuses other methods', async () => {
    expect(await send('', {}, 'GET')).toBe(405);
    expect(await send('{"buildrequestid": 7}', {}, 'PUT')).toBe(405);
    expect(changed).toEqual([]);
  });

  it.each([
    ['content-length: 5000000', ''],
    ['transfer-encoding: chunked', `${'a'.repeat(65_536)}\r\n`],
  ])('reads at most 4 MiB of a body (%s)', async (header, part) => {
    const socket = connect({ host: '127.0.0.1', port: server.port! });
    // What is still being written when the server closes is lost.
    socket.on('error', () => undefined);
    socket.write(`POST / HTTP/1.1\r\nhost: bridge\r\nauthorization: Bearer ${SECRET}\r\n${header}\r\n\r\n`);
    for (let sent = 0; part !== '' && sent < 100; sent++) socket.write(`10000\r\n${part}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
    expect(changed).toEqual([]);
  });
});

it('a PushServer without a port does not listen', async () => {
  const server = new PushServer({ host: '127.0.0.1', secret: SECRET });
  await server.start(() => undefined);
  expect(server.port).toBeUndefined();
  await server.stop();
});
