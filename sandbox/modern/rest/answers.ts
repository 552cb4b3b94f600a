import { writeJson } from './json.js';

/** What the web server answers. */
export interface Answer {
  status: number;
  type: string;
  text: string;
  headers?: Record<string, string | string[]>;
}

/** An error of a read, or one that is found before a call is carried out. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** JSON for programs; without the header `Accept`, indented and as text for people. */
export function jsonAnswer(value: unknown, accept: string | undefined, status = 200): Answer {
  const isForPrograms = accept?.includes('application/json') ?? false;
  const type = isForPrograms ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8';
  return { status, type, text: writeJson(value, isForPrograms ? undefined : 2) };
}

/** Errors of reads are JSON that says to be text. */
export function errorAnswer({ status, message }: RestError): Answer {
  return { status, type: 'text/plain; charset=utf-8', text: writeJson({ error: message }) };
}

/** Errors of JSON-RPC calls. */
export function rpcErrorAnswer(status: number, code: number, message: unknown, id: unknown = null): Answer {
  const text = writeJson({ error: { code, message }, id, jsonrpc: '2.0' });
  return { status, type: 'application/json', text };
}
