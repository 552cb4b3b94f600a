import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpConnections } from './http-connections.js';

describe('HttpConnections', () => {
  let server: Server;
  let answer: (response: ServerResponse, request: IncomingMessage) => unknown;
  let opened: number;
  let open: HttpConnections[];

  beforeEach(async () => {
    opened = 0;
    open = [];
    server = createServer((request, response) => void answer(response, request));
    server.on('connection', () => opened++);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const connections of open) connections.close();
    server.closeAllConnections();
    server.close();
  });

  const connect = (atATime = 2) => {
    open.push(new HttpConnections(atATime));
    return open.at(-1)!;
  };
  const url = () => new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`);
  const get = (connections: HttpConnections, timeout = 5000, within?: number) =>
    connections.exchange({ verb: 'GET', url: url(), headers: { 'x-own': 'yes' } }, timeout, within);

  it('sends the request, and returns the answer, even a redirect', async () => {
    answer = async (response, request) => {
      const body = (await request.toArray()).join('');
      response.writeHead(302, { location: '/elsewhere', 'content-type': 'text/plain' });
      response.end(`${request.method} ${request.url} ${request.headers['content-length']} ${body}`);
    };
    const message = { verb: 'PUT', url: url(), headers: {}, body: Buffer.from('content') };
    const { status, headers, body } = await connect().exchange(message, 5000);
    expect({ status, location: headers.location, body: body.toString() }).toEqual({
      status: 302,
      location: '/elsewhere',
      body: 'PUT /a?b=c 7 content',
    });
  });

  it('sends the account in the address as Basic authentication', async () => {
    answer = (response, request) => response.end(request.headers.authorization);
    const withAccount = url();
    withAccount.username = 'a user';
    withAccount.password = 'p@ss:word';
    const { body } = await connect().exchange({ verb: 'GET', url: withAccount, headers: {} }, 5000);
    expect(body.toString()).toBe(`Basic ${Buffer.from('a user:p@ss:word').toString('base64')}`);
  });

  it('keeps connections, and opens no more than the maximum', async () => {
    answer = (response) => response.end('done');
    const connections = connect(3);
    await Promise.all(Array.from({ length: 30 }, () => get(connections)));
    expect(opened).toBe(3);
  });

  it('sends to a server while all connections are kept for another', async () => {
    answer = (response) => response.end('done');
    const connections = connect(2);
    await Promise.all([get(connections), get(connections)]);
    const elsewhere = url();
    elsewhere.hostname = 'localhost';
    const message = { verb: 'GET', url: elsewhere, headers: {} };
    expect(await connections.exchange(message, 1000)).toMatchObject({ status: 200 });
  });

  it('gives every request its whole time, however long it waits for a connection', async () => {
    answer = (response) => setTimeout(() => response.end('late'), 60);
    const connections = connect(1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(connections, 1000, 60_000)));
    expect(answers.map(({ body }) => body.toString())).toEqual(Array(20).fill('late'));
  });

  describe('while a server hangs', () => {
    let asked: number;
    // Compared with what takes a minute when the limit is not kept: a busy machine may be late.
    const measureElapsed = async (work: Promise<unknown>) => {
      const begun = performance.now();
      await expect(work).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      return performance.now() - begun;
    };

    beforeEach(() => {
      asked = 0;
      answer = () => asked++;
    });

    it('waits for a connection until its time limit, and then sends nothing', async () => {
      const connections = connect(1);
      const hanging = measureElapsed(get(connections, 2000));
      expect(await measureElapsed(get(connections, 60_000, 100))).toBeLessThan(30_000);
      await hanging;
      answer = (response) => response.end('done');
      await get(connections);
      expect(asked).toBe(1);
    });

    it('has the rest of the time for the answer after waiting', async () => {
      const connections = connect(1);
      const first = measureElapsed(get(connections, 300));
      expect(await measureElapsed(get(connections, 60_000, 2000))).toBeLessThan(30_000);
      await first;
      expect(asked).toBe(2);
    });

    it('fails many waiting requests in time, and frees every connection for later ones', async () => {
      const connections = connect(3);
      const crowd = Array.from({ length: 1000 }, () => get(connections, 200, 500));
      const ended = await Promise.all(crowd.map(measureElapsed));
      expect(Math.max(...ended)).toBeLessThan(30_000);
      expect(asked).toBeLessThan(200);

      let working = 0;
      let most = 0;
      answer = (response, { method }) => {
        if (method !== 'PUT') return;
        most = Math.max(most, ++working);
        setTimeout(() => {
          working--;
          response.end('done');
        }, 20);
      };
      const message = { verb: 'PUT', url: url(), headers: {} };
      await Promise.all(Array.from({ length: 9 }, () => connections.exchange(message, 60_000)));
      expect(most).toBe(3);
    });
  });

  it.each<[string, string, number, (response: ServerResponse) => unknown]>([
    ['silence', 'ETIMEDOUT', 100, () => undefined],
    ['an answer without an end', 'ETIMEDOUT', 100, (response) => response.writeHead(200).write('{')],
    ['a cut connection', 'ECONNRESET', 10_000, (response) => response.destroy()],
    [
      'an answer that is cut off',
      'ECONNRESET',
      10_000,
      (response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{');
        setTimeout(() => response.destroy(), 20);
      },
    ],
  ])('fails on %s with %s', async (_, code, timeout, fault) => {
    answer = fault;
    await expect(get(connect(), timeout)).rejects.toMatchObject({ code });
  });

  describe('an answer longer than accepted', () => {
    const limited = (maxBytes: number) =>
      connect().exchange({ verb: 'GET', url: url(), headers: {}, maxBytes }, 5000);

    it('is not read when its length is declared', async () => {
      let sent = 0;
      answer = (response) => {
        response.writeHead(200, { 'content-length': 2000 });
        sent++;
        response.flushHeaders();
      };
      await expect(limited(1999)).rejects.toMatchObject({ code: 'EMSGSIZE' });
      expect(sent).toBe(1);
    });

    it('is cut off at the limit', async () => {
      answer = (response) => {
        response.write('x'.repeat(1000));
        response.write('x'.repeat(1000));
      };
      await expect(limited(1999)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    });

    it('is detected by a single byte', async () => {
      answer = (response) => response.end('x'.repeat(2000));
      expect((await limited(2000)).body).toHaveLength(2000);
      await expect(limited(1999)).rejects.toMatchObject({ code: 'EMSGSIZE' });
    });
  });

  it('fails when no server listens', async () => {
    const message = { verb: 'GET', url: new URL('http://127.0.0.1:1/'), headers: {} };
    await expect(connect().exchange(message, 1000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
