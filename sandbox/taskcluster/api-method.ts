import type { Caller } from './authentication.js';
import type { ScopeNeed } from './scopes.js';
import type { QueueState } from './queue-state.js';

/** A request as an API method sees it: parameters decoded and checked, body parsed. */
export interface ApiRequest {
  params: Record<string, string>;
  query: URLSearchParams;
  body: unknown;
  /** The body as it came, for uploads. */
  raw: Buffer;
  headers: Record<string, string | string[] | undefined>;
  caller: Caller;
  /** @throws QueueRefusal 403 */
  authorize(need: ScopeNeed): void;
}

export interface ApiResponse {
  status: number;
  json?: unknown;
  headers?: Record<string, string>;
  content?: Buffer;
}

/** What methods work on. `url` is the simulator's root URL. */
export interface ApiContext {
  state: QueueState;
  url: string;
}

/** One method of an API. In its path `:x` is a segment, and `*x` the rest, slashes included. */
export interface ApiMethod {
  name: string;
  verb: 'GET' | 'POST' | 'PUT';
  path: string;
  /** Needs no Hawk header and never looks at one. */
  open?: boolean;
  handle(request: ApiRequest, context: ApiContext): ApiResponse;
}

export const json = (value: unknown, status = 200): ApiResponse => ({ status, json: value });
