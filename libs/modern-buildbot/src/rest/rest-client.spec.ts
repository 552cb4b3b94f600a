import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { eventually } from '../../../../test/support/eventually.js';
import { json, ScriptedMaster } from '../testing/scripted-master.js';
import { RestClient, type RestClientOptions } from './rest-client.js';

const ANY = z.unknown();

describe('RestClient', () => {
  let master: ScriptedMaster;
  let clients: RestClient[];

  beforeEach(async () => {
    master = await ScriptedMaster.start();
    clients = [];
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    await master.close();
  });

  function connect(changes: Partial<RestClientOptions> = {}): RestClient {
    const account = { user: 'bridge', password: 'pä:ss' };
    const client = new RestClient({
      url: master.url,
      ...account,
      timeout: 30,
      maxConnections: 2,
      ...changes,
    });
    clients.push(client);
    return client;
  }

  const paths = () => master.seen.map(({ verb, path }) => `${verb} ${path}`);

  it('reads without a login, and asks for JSON in a query that names each value', async () => {
    master.answer = (_, response) => json(response, { ok: true });
    const query = [
      ['id__in', 1],
      ['id__in', 2],
      ['name', 'a/ü &'],
    ] as const;
    expect(await connect().get('/api/v2/x', query, ANY, 'bulk')).toEqual({ ok: true });
    expect(master.logins).toBe(0);
    expect([...master.seen[0]!.query]).toEqual([
      ['id__in', '1'],
      ['id__in', '2'],
      ['name', 'a/ü &'],
    ]);
  });

  it('keeps the path of its URL', async () => {
    const url = `${master.url}buildbot/`;
    await connect({ url }).get('/config', [], ANY, 'bulk');
    expect(paths()).toEqual(['GET /buildbot/config']);
  });

  it('logs in once before the first call that changes something, and uses the last cookie of the answer', async () => {
    master.answer = ({ cookie }, response) => json(response, { result: cookie });
    const client = connect();
    const calls = await Promise.all([1, 2, 3].map(() => client.call('/x', 'force', {}, ANY)));
    expect(calls).toEqual(Array(3).fill('TWISTED_SESSION=login-1'));
    expect(await client.get('/y', [], ANY, 'urgent')).toEqual({ result: 'TWISTED_SESSION=login-1' });
    expect(master.logins).toBe(1);
    expect(master.seen[0]!.body).toEqual({ jsonrpc: '2.0', id: 1, method: 'force', params: {} });
  });

  it('logs in again when the master no longer accepts the cookie, also for reads', async () => {
    master.answer = ({ cookie }, response) =>
      cookie === 'TWISTED_SESSION=login-2'
        ? json(response, { result: 'done' })
        : json(response, { error: { code: -32600, message: "you need to have role 'bridge'" } }, 403);
    const client = connect();
    expect(await client.call('/x', 'force', {}, ANY)).toBe('done');
    expect(master.logins).toBe(2);
    expect(await client.get('/y', [], ANY, 'urgent')).toEqual({ result: 'done' });
    expect(master.logins).toBe(2);
  });

  it('throws after the second 403, with the message of the master', async () => {
    master.answer = (_, response) =>
      json(response, { error: { message: "you need to have role 'bridge'" } }, 403);
    await expect(connect().call('/x', 'force', {}, ANY)).rejects.toMatchObject({
      ...{ name: 'Refused', status: 403 },
      message: expect.stringContaining("you need to have role 'bridge'"),
    });
    expect(paths()).toEqual(['POST /x', 'POST /x']);
  });

  it('throws when the login is not accepted, and retries it with the next call', async () => {
    master.login = (_, response) =>
      response.writeHead(401, { 'content-type': 'text/html' }).end('Unauthorized');
    const client = connect();
    await expect(client.checkLogin()).rejects.toMatchObject({ name: 'Refused', status: 401 });
    expect(await client.get('/y', [], ANY, 'urgent')).toEqual({});
    master.login = undefined;
    await client.checkLogin();
    await client.checkLogin();
    expect(master.logins).toBe(2);
  });

  it('uses no cookie of a failed login', async () => {
    master.login = (_, response) =>
      response.writeHead(200, { 'set-cookie': 'TWISTED_SESSION=anonymous' }).end('<html>');
    await expect(connect().checkLogin()).rejects.toMatchObject({ name: 'Unavailable' });
    master.login = (_, response) =>
      response.writeHead(302, { 'set-cookie': 'theme=dark', location: '/' }).end();
    await expect(connect().checkLogin()).rejects.toMatchObject({ name: 'Unavailable' });
  });

  it.each(['an empty body', 'half a body'])('reads again after %s', async (what) => {
    let answers = 0;
    master.answer = (_, response) => {
      if (answers++ > 0) json(response, { ok: true });
      else if (what === 'an empty body') response.writeHead(200).end();
      else response.writeHead(200, { 'content-length': 100 }).write('{"ok":', () => response.destroy());
    };
    expect(await connect().get('/y', [], ANY, 'bulk')).toEqual({ ok: true });
    expect(answers).toBe(2);
  });

  it('reads again when the body never comes', async () => {
    let answers = 0;
    master.answer = (_, response) => {
      if (answers++ > 0) json(response, { ok: true });
      else response.writeHead(200, { 'content-length': 100 }).flushHeaders();
    };
    expect(await connect({ timeout: 1 }).get('/y', [], ANY, 'bulk')).toEqual({ ok: true });
  });

  it('reads twice at most, and repeats no call that changes something', async () => {
    master.answer = (_, response) => response.writeHead(200).end();
    const client = connect();
    await expect(client.get('/y', [], ANY, 'bulk')).rejects.toMatchObject({ name: 'Unavailable' });
    await expect(client.call('/x', 'force', {}, ANY)).rejects.toMatchObject({ name: 'Unavailable' });
    expect(paths()).toEqual(['GET /y', 'GET /y', 'POST /x']);
  });

  // A master closes an idle connection after a minute. A call that is sent at that moment would be lost.
  it('keeps no idle connection', async () => {
    await connect().get('/y', [], ANY, 'bulk');
    expect(await master.countConnections()).toBe(1);
    await eventually(async () => expect(await master.countConnections()).toBe(0), 40);
  }, 60_000);

  it('reads errors that come as text/plain, and parameters that were refused', async () => {
    master.answer = ({ verb }, response) =>
      verb === 'GET'
        ? json(response, { error: 'no such resource' }, 404)
        : json(response, { error: { code: -32602, message: { key: 'invalid value' } } }, 400);
    const client = connect();
    await expect(client.get('/y', [], ANY, 'bulk')).rejects.toMatchObject({
      ...{ name: 'Refused', status: 404 },
      message: 'the Buildbot master answered 404 for /y: no such resource',
    });
    await expect(client.call('/x', 'force', {}, ANY)).rejects.toMatchObject({
      ...{ name: 'Refused', status: 400 },
      message: expect.stringContaining('{"key":"invalid value"}'),
    });
    expect(paths()).toEqual(['GET /y', 'POST /x']);
  });

  it.each([500, 502, 302])('treats status %i as unavailable', async (status) => {
    master.answer = (_, response) => response.writeHead(status, { location: '/' }).end('<html>');
    await expect(connect().call('/x', 'force', {}, ANY)).rejects.toMatchObject({ name: 'Unavailable' });
  });

  it('treats an answer of another form as unavailable', async () => {
    master.answer = (_, response) => json(response, { builds: 'many' });
    const schema = z.object({ builds: z.array(z.unknown()) });
    await expect(connect().get('/y', [], schema, 'bulk')).rejects.toMatchObject({
      ...{ name: 'Unavailable', message: 'the Buildbot master answered something unexpected for /y' },
    });
  });

  it('puts neither user nor password into its errors', async () => {
    const client = connect({ password: 'a-secret-password' });
    await master.close();
    for (const failing of [client.checkLogin(), client.get('/y', [], ANY, 'bulk')]) {
      const error: unknown = await failing.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'Unavailable' });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('a-secret-password');
    }
    master = await ScriptedMaster.start();
  });
});
