import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Refused, Unavailable } from '@bbb/rules';
import { SelfServe } from './self-serve.js';

interface Transcript {
  name: string;
  request: { method: string; path: string; headers: Record<string, string> };
  response: { status: number; headers: Record<string, string>; body: unknown; location?: string };
}

const TRANSCRIPTS = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/selfserve/transcripts.json', import.meta.url), 'utf8'),
) as Transcript[];

function transcript(name: string): Transcript {
  const found = TRANSCRIPTS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no transcript "${name}"`);
  return found;
}

describe('SelfServe', () => {
  let server: Server;
  let requests: IncomingMessage[];
  let answer: (response: ServerResponse) => void;
  let selfServe: SelfServe;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      requests.push(request);
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    selfServe = connect();
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function connect(timeout = 5, tail = ''): SelfServe {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/buildapi/self-serve${tail}`;
    return new SelfServe({ url, user: 'buildbot-bridge', timeout, maxConnections: 2 });
  }

  it('sends the account in its URL', async () => {
    answer = (response) => response.writeHead(202).end('{}');
    const { port } = server.address() as AddressInfo;
    const url = `http://bridge:p%40ss@127.0.0.1:${port}/buildapi/self-serve`;
    await new SelfServe({ url, user: 'buildbot-bridge', timeout: 5, maxConnections: 2 }).cancelRequest(
      'oak',
      7,
    );
    expect(requests.map(({ url: path, headers }) => [path, headers.authorization])).toEqual([
      ['/buildapi/self-serve/oak/request/7', `Basic ${Buffer.from('bridge:p@ss').toString('base64')}`],
    ]);
  });

  function replay(name: string): Transcript {
    const recorded = transcript(name);
    const { status, headers, body, location } = recorded.response;
    answer = (response) => {
      response.writeHead(status, { ...headers, ...(location ? { location } : {}) });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    return recorded;
  }

  it('cancels a request as recorded', async () => {
    const { request } = replay('cancel request accepted');
    await selfServe.cancelRequest('mozilla-central', 86818747);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: request.method, url: request.path });
    expect(requests[0]!.headers).toMatchObject({
      accept: 'application/json',
      'x-remote-user': 'buildbot-bridge',
    });
  });

  it('cancels a build as recorded', async () => {
    const { request } = replay('cancel build accepted');
    await selfServe.cancelBuild('mozilla-central', 90000123);
    expect(requests[0]).toMatchObject({ method: request.method, url: request.path });
  });

  it.each([
    ['projects/ash', 'ash'],
    ['integration/b2g-inbound/', 'b2g-inbound'],
    ['a branch?x#y', 'a%20branch%3Fx%23y'],
  ])('names branch %s by its last component', async (branch, component) => {
    replay('cancel request accepted');
    await connect(5, '/').cancelRequest(branch, 1);
    expect(requests[0]!.url).toBe(`/buildapi/self-serve/${component}/request/1`);
  });

  it.each([
    ['non-integer id', 400, false],
    ['no user', 403, true],
  ])('treats "%s" as a refusal', async (name, status, isConfiguration) => {
    replay(name);
    const error = await selfServe.cancelRequest('mozilla-central', 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ system: 'self-serve', status, isConfiguration });
  });

  it.each([
    ['unknown branch', /perhaps not yet: Branch no-such-branch/],
    ['unknown request', /perhaps not yet: Request 1 not found/],
    ['unknown build', /perhaps not yet: Build 1 not found/],
    ['job row not stored', /503: Couldn't create/],
    ['broker down', /503: Couldn't send/],
    ['cancel without Accept header', /302, as for a browser/],
    ['request info', /200, as for a browser/],
  ])('takes "%s" for a reason to try again', async (name, message) => {
    replay(name);
    const error = await selfServe.cancelBuild('mozilla-central', 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Unavailable);
    expect(error).toMatchObject({ system: 'self-serve', message: expect.stringMatching(message) });
    expect(requests).toHaveLength(1);
  });

  it('throws after the timeout', async () => {
    answer = () => undefined;
    await expect(connect(0.05).cancelRequest('mozilla-central', 1)).rejects.toThrow(/no answer.*ETIMEDOUT/);
  });

  it('is unavailable when nobody listens or the connection breaks', async () => {
    answer = (response) => response.destroy();
    await expect(selfServe.cancelRequest('mozilla-central', 1)).rejects.toBeInstanceOf(Unavailable);
    const gone = new SelfServe({ url: 'http://127.0.0.1:1/x', user: 'u', timeout: 5, maxConnections: 2 });
    await expect(gone.cancelRequest('mozilla-central', 1)).rejects.toBeInstanceOf(Unavailable);
  });

  it('makes no more concurrent calls than its limit', async () => {
    let atATime = 0;
    let most = 0;
    answer = (response) => {
      most = Math.max(most, ++atATime);
      setTimeout(() => {
        atATime--;
        response.writeHead(202).end('{}');
      }, 10);
    };
    await Promise.all(Array.from({ length: 9 }, (_, id) => selfServe.cancelRequest('oak', id)));
    expect(most).toBe(2);
  });

  it('refuses to cancel without a branch, and makes no call', async () => {
    await expect(selfServe.cancelRequest('/', 1)).rejects.toMatchObject({
      name: 'Refused',
      code: 'NoBranch',
    });
    expect(requests).toHaveLength(0);
  });

  it('remembers a failure until the next success, without asking again', async () => {
    replay('broker down');
    await selfServe.cancelRequest('mozilla-central', 1).catch(() => undefined);
    expect(await selfServe.findProblem()).toMatch(/503/);
    replay('cancel request accepted');
    await selfServe.cancelRequest('mozilla-central', 1);
    expect(await selfServe.findProblem()).toBeUndefined();
    expect(requests.map(({ method }) => method)).toEqual(['DELETE', 'DELETE']);
  });

  describe('that was not called yet', () => {
    it('is asked for a job that does not exist, once', async () => {
      replay('unknown job');
      expect(await selfServe.findProblem()).toBeUndefined();
      expect(await selfServe.findProblem()).toBeUndefined();
      expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
        'GET /buildapi/self-serve/jobs/0',
      ]);
      expect(requests[0]!.headers).toMatchObject({
        accept: 'application/json',
        'x-remote-user': 'buildbot-bridge',
      });
    });

    it.each<[string, (response: ServerResponse) => void, RegExp]>([
      [
        'a web page',
        (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hi'),
        /200 is not Self/,
      ],
      [
        'a page that is not there',
        (response) => response.writeHead(404).end('default backend'),
        /404 is not Self Serve/,
      ],
      [
        'a redirect',
        (response) => response.writeHead(302, { location: '/login' }).end(),
        /302 is not Self Serve/,
      ],
      [
        'a refused user',
        (response) => response.writeHead(403).end('ACCESS DENIED!'),
        /does not accept the user/,
      ],
      ['an error', (response) => response.writeHead(502).end(), /answered 502/],
      ['no answer', (response) => response.destroy(), /no answer/],
    ])('is not up when it answers with %s', async (_what, given, problem) => {
      answer = given;
      expect(await selfServe.findProblem()).toMatch(problem);
    });
  });
});
