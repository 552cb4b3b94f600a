import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpConnections } from './http-connections.js';
import { readNetworkEnvironment } from './network-environment.js';

describe('readNetworkEnvironment', () => {
  it('is empty where nothing is set, and never sends loopback addresses to a proxy', () => {
    const environment = readNetworkEnvironment({});
    expect(environment).toEqual({ noProxy: 'localhost,127.0.0.1,[::1]', summary: {} });
  });

  it('describes the proxies without their accounts', () => {
    const { summary, httpsProxy } = readNetworkEnvironment({
      HTTPS_PROXY: 'http://user:secret@proxy.example.com:3128',
      no_proxy: 'example.org',
    });
    expect(httpsProxy).toContain('secret');
    expect(summary).toEqual({ httpsProxy: 'http://proxy.example.com:3128', noProxy: 'example.org' });
  });

  it('prefers the names in lower case', () => {
    const { httpProxy } = readNetworkEnvironment({ http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:1' });
    expect(httpProxy).toBe('http://a:1');
  });

  it('disables proxies for an asterisk', () => {
    expect(readNetworkEnvironment({ NO_PROXY: '*' }).noProxy).toBe('*');
  });

  it('fails on a file of authorities that is missing', () => {
    expect(() => readNetworkEnvironment({ SSL_CERT_FILE: '/nowhere/ca.pem' })).toThrow(/nowhere/);
  });
});

describe('a proxy of the environment', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  const variables = ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY'] as const;
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
  let connections: HttpConnections | undefined;

  afterEach(() => {
    connections?.close();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    for (const name of variables) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  async function listen(server: ReturnType<typeof createServer>): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('is used, but not for hosts that NO_PROXY names', async () => {
    const target = await listen(createServer((_, response) => response.end('hello')));
    const tunnels: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url }: IncomingMessage, client) => {
      tunnels.push(url);
      const onward = connect(target, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connected\r\n\r\n');
        onward.pipe(client).pipe(onward);
      });
    });
    for (const name of variables) delete process.env[name];
    process.env.HTTP_PROXY = `http://127.0.0.1:${await listen(proxy)}`;
    process.env.NO_PROXY = 'direct.invalid';
    connections = new HttpConnections(2);
    const get = (host: string) =>
      connections!.exchange({ verb: 'GET', url: new URL(`http://${host}/`), headers: {} }, 5000);
    expect((await get('far.invalid')).body.toString()).toBe('hello');
    expect(tunnels).toEqual(['far.invalid:80']);
    await expect(get('direct.invalid')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect((await get(`127.0.0.1:${target}`)).body.toString()).toBe('hello');
    expect(tunnels).toHaveLength(1);
  });
});
