import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
} from '@nestjs/common';
import { ConnectionLimits, HEAD_TIMEOUT } from './connection-limits.js';

/** Maximum milliseconds for a whole request. */
const REQUEST_TIMEOUT = 10_000;

/** Maximum milliseconds between two requests of a connection. */
const KEEP_ALIVE_TIMEOUT = 5_000;

const MAX_REQUESTS_PER_CONNECTION = 1000;

/** Maximum lines of a request's head; Node.js limits it to 16 KiB and answers 431 to a longer one. */
const MAX_HEADER_LINES = 50;

const METHODS = ['GET', 'HEAD'];

const MAX_URL_LENGTH = 1024;

interface Express {
  disable(setting: string): void;
  set(setting: string, value: unknown): void;
}

/**
 * Restricts the server to what process managers and metrics collectors need: GET and HEAD without a body, small heads,
 * limits on time and connections, and errors that contain only their status.
 */
export function restrictServer(app: INestApplication): void {
  const express = app.getHttpAdapter().getInstance() as Express;
  express.disable('x-powered-by');
  express.disable('etag');
  // No endpoint takes a query.
  express.set('query parser', false);

  const server = app.getHttpServer() as Server;
  server.headersTimeout = HEAD_TIMEOUT;
  server.requestTimeout = REQUEST_TIMEOUT;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT;
  server.maxHeadersCount = MAX_HEADER_LINES;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;

  new ConnectionLimits().apply(server);

  app.use(rejectUnlessReading);
  app.useGlobalFilters(new BareErrors());
}

function rejectUnlessReading(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (!METHODS.includes(request.method ?? '')) return reject(response, 405, { Allow: METHODS.join(', ') });
  if ((request.url ?? '').length > MAX_URL_LENGTH) return reject(response, 414);
  if (encoding !== undefined || (length !== undefined && length !== '0')) return reject(response, 413);
  next();
}

/** Closes the connection, so that a body that is not read is not taken for the next request. */
function reject(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, 'Content-Type': 'application/json', Connection: 'close' });
  response.end(JSON.stringify({ statusCode: status }));
}

/** Sends health reports unchanged, and only the status of any other error. Message handlers keep their errors. */
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
