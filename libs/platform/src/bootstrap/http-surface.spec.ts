import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { createLogger } from '../logging/create-logger.js';
import { Metrics } from '../metrics/metrics.js';
import { check, ExampleModule } from '../testing/example.module.js';
import { LogLines } from '../testing/log-lines.js';
import { processSettings } from '../testing/settings.js';
import { startService, type RunningService } from './start-service.js';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

let service: RunningService;
const log = new LogLines();
beforeAll(async () => {
  const settings = processSettings({ secrets: ['pulse-of-2018'] });
  const checks = [
    check('broker', 'ready', async () => 'refused for pulse-of-2018\n    at secret (file.js:1)'),
  ];
  service = await startService(settings, ExampleModule.of(checks), {
    logger: createLogger(settings, { destination: log }),
  });
});
afterAll(() => service.stop());

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise<Answer>((resolve, reject) => {
    const request = httpRequest(
      `${service.healthUrl}${path}`,
      { method, headers, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends bytes as they are. @returns what came back until the server closed the connection */
function raw(bytes: string): Promise<string> {
  const { port, hostname } = new URL(service.healthUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('the HTTP surface', () => {
  it('is on the loopback address by default', () => {
    const address = (service.app.getHttpServer() as Server).address();
    expect(address).toMatchObject({ address: '127.0.0.1' });
  });

  it.each([
    '/',
    '/health',
    '/metrics/x',
    '/api',
    '/favicon.ico',
    '/health/live/..%2f',
    '/%',
    '/../etc/passwd',
  ])('answers only 404 at %s', async (path) => {
    const { status, text } = await ask(path);
    expect([400, 404]).toContain(status);
    expect(text).toBe(JSON.stringify({ statusCode: status }));
  });

  it.each(['/health/live', '/health/ready', '/metrics', '/nothing'])(
    'does not reveal its software at %s',
    async (path) => {
      const { headers, text } = await ask(path);
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-powered-by']));
      expect(headers).not.toHaveProperty('server');
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': expect.stringContaining('no-store'),
      });
      expect(text).not.toMatch(/node_modules|nestjs|express|\n\s+at |nodejs_version/i);
      expect(text).not.toContain(process.version);
    },
  );

  it('shows the reason of a check as one line without secrets', async () => {
    const { status, text } = await ask('/health/ready');
    expect(status).toBe(503);
    expect(JSON.parse(text).details.broker.reason).toBe('refused for [secret] at secret (file.js:1)');
    expect(log.text).not.toContain('pulse-of-2018');
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('rejects %s', async (method) => {
    const { status, headers, text } = await ask('/health/live', { method });
    expect({ status, text }).toEqual({ status: 405, text: '{"statusCode":405}' });
    expect(headers.allow).toBe('GET, HEAD');
  });

  it('answers HEAD without a body', async () => {
    expect(await ask('/health/live', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it.each([
    ['a body', { 'Content-Length': '4' }, 413],
    ['a body in chunks', { 'Transfer-Encoding': 'chunked' }, 413],
  ])('rejects a request with %s', async (_what, headers, status) => {
    expect(await ask('/health/live', { headers, body: '{"a"' })).toMatchObject({ status });
  });

  it('limits the length of addresses and heads', async () => {
    expect((await ask(`/health/live?${'x'.repeat(2000)}`)).status).toBe(414);
    expect((await ask('/health/live', { headers: { 'X-Long': 'x'.repeat(20_000) } })).status).toBe(431);
  });

  it('answers a request that is not HTTP with a status and nothing else', async () => {
    expect(await raw('nonsense\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n\r\n$/,
    );
  });

  it('has a limit for time and requests', () => {
    expect(service.app.getHttpServer()).toMatchObject({
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      maxHeadersCount: 50,
      maxRequestsPerSocket: 1000,
    });
  });

  it('answers the machine itself while many slow connections are open', async () => {
    const { port, hostname } = new URL(service.healthUrl);
    const slow = await Promise.all(
      Array.from({ length: 110 }, async () => {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
        return socket;
      }),
    );
    expect((await ask('/health/live')).status).toBe(200);
    for (const socket of slow) socket.destroy();
  });

  it('reports an internal error only in the log', async () => {
    const metrics = service.app.get(Metrics);
    const { renderText: text } = metrics;
    metrics.renderText = () => Promise.reject(new Error('something inside'));
    try {
      expect(await ask('/metrics')).toMatchObject({ status: 500, text: '{"statusCode":500}' });
    } finally {
      metrics.renderText = text;
    }
    expect(log.messages).toContain('request failed');
  });
});
