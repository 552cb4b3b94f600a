import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eventually } from '../../../../test/support/eventually.js';
import { RestClient } from '../rest/rest-client.js';
import { EventServer } from '../testing/event-server.js';
import { followEvents } from './event-socket.js';
import { EventStream } from './event-stream.js';

Logger.overrideLogger(false);

const unused = () => undefined;
const OTHER_TIMERS = [
  ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
  ...(['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const),
];

describe('EventStream', () => {
  let server: EventServer;
  let client: RestClient;
  let stream: EventStream;
  let logins: number;
  const heard: (number | string)[] = [];

  beforeEach(async () => {
    logins = 0;
    heard.length = 0;
    server = await EventServer.start((response) => {
      logins++;
      response
        .writeHead(302, { location: '/', 'set-cookie': `TWISTED_SESSION=login-${logins}; Path=/` })
        .end();
    });
    const account = { user: 'bridge', password: 'secret' };
    client = new RestClient({ url: server.url, ...account, timeout: 5, maxConnections: 2 });
    stream = new EventStream(client);
  });
  afterEach(async () => {
    await stream.stop();
    client.close();
    await server.close();
  });

  const start = () =>
    stream.start({
      onConnected: () => heard.push('connected'),
      onDisconnected: (reason) => heard.push(reason),
      onChanged: (id) => heard.push(id),
    });

  it('logs in, subscribes, and passes on the ids of events', async () => {
    start();
    await eventually(() => expect(heard).toEqual(['connected']));
    expect(server.cookies).toEqual(['TWISTED_SESSION=login-1']);
    expect(server.commands.map(({ cmd, path }) => [cmd, path])).toEqual([
      ['startConsuming', 'builds/*/new'],
      ['startConsuming', 'buildrequests/*/complete'],
      ['startConsuming', 'buildrequests/*/unclaimed'],
    ]);
    expect(stream.findProblem()).toBeUndefined();
    server.send({ k: 'builds/4/new', m: { buildid: 4, buildrequestid: 7, properties: {} } });
    server.send({ k: 'odd', m: null });
    server.send({ k: 'buildrequests/8/complete', m: { buildrequestid: 8 } });
    await eventually(() => expect(heard).toEqual(['connected', 7, 8]));
  });

  it('is not connected before the master has confirmed', async () => {
    server.isAnswering = false;
    start();
    await eventually(() => expect(server.commands).toHaveLength(3));
    expect(heard).toEqual([]);
    expect(stream.findProblem()).toContain('no events from 127.0.0.1');
  });

  it('connects and subscribes again after a cut, and says so', async () => {
    start();
    await eventually(() => expect(heard).toEqual(['connected']));
    server.cut();
    await eventually(() => expect(stream.findProblem()).toBeDefined());
    await eventually(() => expect(heard).toEqual(['connected', 'closed', 'connected']), 10);
    expect(server.commands).toHaveLength(6);
  });

  describe('every 20 seconds', () => {
    /** Only the interval of the pings is controlled; the network takes the time that it takes. */
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: OTHER_TIMERS });
    });
    afterEach(() => {
      jest.useRealTimers();
    });
    const pings = () => server.commands.filter(({ cmd }) => cmd === 'ping');

    it('pings a silent master, and keeps a connection on which it answers', async () => {
      start();
      await eventually(() => expect(heard).toEqual(['connected']));
      for (const count of [1, 2, 3]) {
        jest.advanceTimersByTime(20_000);
        await eventually(() => expect(pings()).toHaveLength(count));
        // Comes after the answer to the ping.
        server.send({ k: 'builds/4/new', m: { buildrequestid: count } });
        await eventually(() => expect(heard).toEqual(['connected', ...[1, 2, 3].slice(0, count)]));
      }
    });

    it('replaces a connection that is half open', async () => {
      start();
      await eventually(() => expect(heard).toEqual(['connected']));
      server.freeze();
      jest.advanceTimersByTime(20_000);
      expect(stream.findProblem()).toBeUndefined();
      jest.advanceTimersByTime(20_000);
      await eventually(() => expect(heard).toEqual(['connected', 'silent', 'connected']), 10);
      await eventually(() => expect(server.open).toBe(1));
    });

    it('replaces a connection on which the master does not confirm', async () => {
      server.isAnswering = false;
      start();
      await eventually(() => expect(server.commands).toHaveLength(3));
      server.isAnswering = true;
      jest.advanceTimersByTime(20_000);
      await eventually(() => expect(heard).toEqual(['connected']), 10);
      await eventually(() => expect(server.open).toBe(1));
    });
  });

  it('logs in again after a refusal', async () => {
    server.refusal = 403;
    start();
    await eventually(() => expect(server.cookies).toHaveLength(1));
    server.refusal = undefined;
    await eventually(() => expect(heard).toEqual(['connected']), 10);
    expect(server.cookies).toEqual(['TWISTED_SESSION=login-1', 'TWISTED_SESSION=login-2']);
  });

  it('ends while it is connected and while it is not', async () => {
    start();
    await eventually(() => expect(heard).toEqual(['connected']));
    await stream.stop();
    const another = new EventStream(client);
    server.refusal = 500;
    another.start({ onConnected: unused, onDisconnected: unused, onChanged: unused });
    await eventually(() => expect(server.cookies.length).toBeGreaterThan(1));
    await another.stop();
  });

  it('leaves no handler on the signal of its stop when a connection is lost', async () => {
    const { signal } = new AbortController();
    const connection = await client.openEvents();
    const following = followEvents(connection, () => server.cut(), unused, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    expect(await following).toBe('closed');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
