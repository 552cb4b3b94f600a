import { rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { useUndo } from '../../../../test/support/undo.js';
import { BuilderList } from './builder-list.js';

Logger.overrideLogger(false);

const createList = (...names: string[]) =>
  JSON.stringify({
    builders: Object.fromEntries(names.map((name) => [name, { shortname: name }])),
    schedulers: {},
  });
const MANY = Array.from({ length: 10 }, (_, index) => `builder ${index}`);

describe('BuilderList', () => {
  let now: number;
  beforeEach(() => {
    now = 1000;
  });

  it('checks nothing without a list', async () => {
    const list = new BuilderList({ refresh: 300, timeout: 5 });
    list.onApplicationBootstrap();
    expect(await list.knows('anything')).toBe('unchecked');
    expect(await list.findProblem()).toBeUndefined();
    expect(await list.list()).toBeUndefined();
  });

  describe('from a file', () => {
    const undo = useUndo(afterEach);
    let folder: string;
    let path: string;
    let list: BuilderList;

    beforeEach(async () => {
      folder = await undo.makeFolder();
      path = join(folder, 'allthethings.json');
      list = new BuilderList({ url: path, refresh: 300, timeout: 5, now: () => now });
    });

    it('knows the names on it', async () => {
      await writeFile(path, createList('a', 'b'));
      expect(await list.list()).toEqual(['a', 'b']);
      expect(await list.knows('a')).toBe('known');
      expect(await list.knows('c')).toBe('unknown');
      expect(await list.knows('constructor')).toBe('unknown');
      const byUrl = new BuilderList({ url: pathToFileURL(path).href, refresh: 300, timeout: 5 });
      expect(await byUrl.knows('b')).toBe('known');
    });

    it('is unavailable until it is loaded for the first time', async () => {
      await expect(list.knows('a')).rejects.toMatchObject({ name: 'Unavailable', system: 'builder-list' });
      await expect(list.list()).rejects.toMatchObject({ name: 'Unavailable', system: 'builder-list' });
      expect(await list.findProblem()).toMatch(/no builder list: the file cannot be read \(ENOENT\)/);
      await writeFile(path, createList('a'));
      now += 10;
      expect(await list.knows('a')).toBe('known');
      expect(await list.findProblem()).toBeUndefined();
    });

    it('reads the list again for a new name, but not for every one', async () => {
      await writeFile(path, createList('a'));
      expect(await list.knows('a')).toBe('known');
      await writeFile(path, createList('a', 'new'));
      now += 5;
      expect(await list.knows('new')).toBe('unknown');
      now += 5;
      expect(await list.knows('new')).toBe('known');
    });

    it.each([
      ['half of itself', createList('a', 'b').slice(0, 20), /it is cut off/],
      ['nothing', '', /not JSON/],
      ['no builders', '{"builders": {}}', /contains no builder/],
      ['something else', '{"errors": []}', /no object "builders"/],
      ['null', 'null', /no object "builders"/],
    ])('keeps the known names when the file has %s', async (_, text, reason) => {
      await writeFile(path, createList('a', 'b'));
      await list.refresh();
      await writeFile(path, text);
      await list.refresh();
      expect(await list.knows('b')).toBe('known');
      expect(await list.findProblem()).toMatch(reason);
      await writeFile(path, createList('a', 'b'));
      await list.refresh();
      expect(await list.findProblem()).toBeUndefined();
    });

    it('accepts a sudden loss of most builders only when it lasts', async () => {
      await writeFile(path, createList(...MANY));
      await list.refresh();
      await writeFile(path, createList('builder 0'));
      await list.refresh();
      now += 20;
      await list.refresh();
      expect(await list.knows('builder 9')).toBe('known');
      expect(await list.findProblem()).toMatch(/shrank from 10 to 1/);
      now += 300;
      await list.refresh();
      expect(await list.knows('builder 9')).toBe('unknown');
      expect(await list.findProblem()).toBeUndefined();
    });

    it('calls no builder unknown when the list is out of date', async () => {
      await writeFile(path, createList('a'));
      await list.refresh();
      await rm(path);
      now += 600;
      expect(await list.knows('c')).toBe('unknown');
      now += 20;
      await expect(list.knows('c')).rejects.toMatchObject({ name: 'Unavailable' });
      expect(await list.knows('a')).toBe('known');
    });
  });

  describe('from a server', () => {
    let server: Server;
    let requests: IncomingMessage[];
    let answer: (response: ServerResponse, request: IncomingMessage) => void;
    let url: string;

    beforeEach(async () => {
      requests = [];
      server = createServer((request, response) => {
        requests.push(request);
        answer(response, request);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/allthethings.json`;
    });
    afterEach(async () => {
      jest.useRealTimers();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    it('sends the account in the URL', async () => {
      answer = (response) => response.end(createList('a'));
      const list = new BuilderList({ url: url.replace('//', '//u%3A:p%40ss@'), refresh: 300, timeout: 5 });
      expect(await list.knows('a')).toBe('known');
      const credentials = Buffer.from('u::p@ss').toString('base64');
      expect(requests[0]?.headers.authorization).toBe(`Basic ${credentials}`);
    });

    it('follows no redirect', async () => {
      answer = (response, request) => {
        if (request.url === '/elsewhere') response.end(createList('a'));
        else response.writeHead(302, { location: '/elsewhere' }).end();
      };
      const list = new BuilderList({ url, refresh: 300, timeout: 5 });
      await expect(list.knows('a')).rejects.toMatchObject({ name: 'Unavailable' });
      expect(await list.findProblem()).toMatch(/answered 302 \(redirect\)/);
    });

    it('downloads the list only when it has changed', async () => {
      answer = (response, request) => {
        if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
        else response.writeHead(200, { etag: '"1"' }).end(createList('a'));
      };
      const list = new BuilderList({ url, refresh: 300, timeout: 5 });
      await list.refresh();
      await list.refresh();
      expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"']);
      expect(await list.knows('a')).toBe('known');
    });

    it('shares one read among all callers that wait for the first list', async () => {
      answer = (response) => response.end(createList('a'));
      const list = new BuilderList({ url, refresh: 300, timeout: 5 });
      expect(await Promise.all([list.knows('a'), list.knows('b'), list.knows('a')])).toEqual([
        'known',
        'unknown',
        'known',
      ]);
      expect(requests).toHaveLength(1);
    });

    it('keeps its names while the server fails or hangs', async () => {
      answer = (response) => response.end(createList('a'));
      const list = new BuilderList({ url, refresh: 300, timeout: 2 });
      await list.refresh();
      answer = (response) => response.writeHead(503).end();
      await list.refresh();
      expect(await list.findProblem()).toMatch(/outdated builder list: the server answered 503/);
      answer = (response) => void response.writeHead(200).write('{"builders"');
      await list.refresh();
      expect(await list.findProblem()).toMatch(/no answer \(ETIMEDOUT\)/);
      expect(await list.knows('a')).toBe('known');
    });

    it('reads the list at each interval until the process stops', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
      const list = new BuilderList({ url, refresh: 300, timeout: 5, now: () => now });
      const looks = jest.spyOn(list, 'refresh').mockResolvedValue(undefined);
      list.onApplicationBootstrap();
      expect(looks).toHaveBeenCalledTimes(1);
      await jest.advanceTimersByTimeAsync(600_000);
      expect(looks).toHaveBeenCalledTimes(3);
      list.onApplicationShutdown();
      await jest.advanceTimersByTimeAsync(600_000);
      expect(looks).toHaveBeenCalledTimes(3);
    });
  });
});
