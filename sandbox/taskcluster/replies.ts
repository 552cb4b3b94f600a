import type { ServerResponse } from 'node:http';
import type { ApiResponse } from './api-method.js';
import type { Fault } from './faults.js';
import { codeOf, QueueRefusal } from './refusal.js';

/** An error as the API answers it: markdown with request details in the message, and the same as data. */
export function errorReply(
  method: string,
  refusal: { code: string; message: string; status: number },
  params: Record<string, string> = {},
): ApiResponse {
  const time = new Date().toISOString();
  const { code, status } = refusal;
  const details = [
    `* method:     ${method}`,
    `* errorCode:  ${code}`,
    `* statusCode: ${status}`,
    `* time:       ${time}`,
  ];
  return {
    status,
    json: {
      code,
      message: `${refusal.message}\n\n---\n\n${details.join('\n')}`,
      requestInfo: { method, params, payload: {}, time },
    },
  };
}

export function write(response: ServerResponse, reply: ApiResponse): void {
  const body =
    reply.json === undefined ? (reply.content ?? Buffer.alloc(0)) : Buffer.from(JSON.stringify(reply.json));
  const type = reply.json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  const length = reply.status === 204 ? {} : { 'content-length': body.length };
  response.writeHead(reply.status, { ...type, ...length, ...reply.headers }).end(body);
}

/** Answers, or does not, as the fault says. */
export function writeFault(
  response: ServerResponse,
  method: string,
  fault: Exclude<Fault, 'pass'>,
  reply: ApiResponse | undefined,
  params: Record<string, string>,
): void {
  switch (fault) {
    case 'hang':
    case 'effect-then-hang':
      return;
    case 'reset':
    case 'effect-then-reset':
      response.destroy();
      return;
    case 'effect-then-500':
      return write(
        response,
        errorReply(method, new QueueRefusal('InternalServerError', 'Internal Server Error'), params),
      );
    case 'html':
      return write(response, {
        status: 200,
        content: Buffer.from('<!doctype html><title>Back soon</title>'),
        headers: { 'content-type': 'text/html' },
      });
    case 'redirect':
      return write(response, { status: 302, headers: { location: 'https://login.example.com/' } });
    case 'broken-json': {
      const text = JSON.stringify(reply?.json ?? {});
      const content = Buffer.from(text.slice(0, text.length >> 1));
      return write(response, { status: 200, content, headers: { 'content-type': 'application/json' } });
    }
    default:
      break;
  }
  if ('page' in fault) {
    const foreign = { status: fault.page, type: 'text/html', text: '<title>default backend</title>' };
    return writeForeign(response, foreign);
  }
  if ('foreign' in fault) return writeForeign(response, fault.foreign);
  if ('reply' in fault) return write(response, { status: 200, json: fault.reply });
  const { status, code = defaultCode(status), message = 'A simulated fault' } = fault;
  write(response, errorReply(method, { status, code, message }, params));
}

function writeForeign(
  response: ServerResponse,
  { status, type, text }: { status: number; type: string; text: string },
): void {
  write(response, { status, content: Buffer.from(text), headers: { 'content-type': type } });
}

/** The API's own code of a status; of others the one of its failures. */
function defaultCode(status: number): string {
  return codeOf(status) ?? 'InternalServerError';
}
