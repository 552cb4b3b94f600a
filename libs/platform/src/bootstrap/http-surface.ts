import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
} from '@nestjs/common';

/** Milliseconds. Whoever asks for health sends a few hundred bytes at once. */
const HEADERS_WITHIN = 5_000;
const REQUEST_WITHIN = 10_000;
const KEPT_ALIVE = 5_000;

/** Connections at the same time, and requests on one of them; more are refused. */
const CONNECTIONS = 100;
const REQUESTS_PER_CONNECTION = 1000;

/** Lines of a request's head; Node.js limits its bytes to 16 KiB and answers 431 beyond. */
const HEADER_LINES = 50;

const METHODS = ['GET', 'HEAD'];

const LONGEST_URL = 1024;

interface Express {
  disable(setting: string): void;
  set(setting: string, value: unknown): void;
}

/**
 * Makes the server answer what a process manager and a metrics collector ask, and nothing else: GET and HEAD, no body,
 * small heads, in time; errors without a word about what is inside.
 */
export function restrictServer(app: INestApplication): void {
  const express = app.getHttpAdapter().getInstance() as Express;
  express.disable('x-powered-by');
  express.disable('etag');
  // Every answer's query string is nothing to parse.
  express.set('query parser', false);

  const server = app.getHttpServer() as Server;
  server.headersTimeout = HEADERS_WITHIN;
  server.requestTimeout = REQUEST_WITHIN;
  server.keepAliveTimeout = KEPT_ALIVE;
  server.maxHeadersCount = HEADER_LINES;
  server.maxConnections = CONNECTIONS;
  server.maxRequestsPerSocket = REQUESTS_PER_CONNECTION;

  app.use(onlyReading);
  app.useGlobalFilters(new BareErrors());
}

function onlyReading(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (!METHODS.includes(request.method ?? '')) return refuse(response, 405, { Allow: METHODS.join(', ') });
  if ((request.url ?? '').length > LONGEST_URL) return refuse(response, 414);
  if (encoding !== undefined || (length !== undefined && length !== '0')) return refuse(response, 413);
  next();
}

/** The connection is closed, so that a body that nobody reads is not taken for the next request. */
function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json', Connection: 'close' });
  response.end(JSON.stringify({ statusCode: status }));
}

/** Health's own answers pass; of everything else only the status is told. Handlers of messages are not concerned. */
@Catch()
class BareErrors implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const report = error instanceof HttpException ? error.getResponse() : undefined;
    if (status === 500) this.logger.error({ error }, 'request failed');
    if (response.headersSent) return void response.end();
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(isReport(report) ? report : { statusCode: status }));
  }
}

function isReport(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'details' in given;
}
