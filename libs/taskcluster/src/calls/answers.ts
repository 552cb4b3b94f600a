import { Refused, Unavailable } from '@bbb/rules';
import type { HttpAnswer } from '@bbb/http';
import type { JsonBody } from '../large-json/json-body.js';
import { TooMuchJson } from '../large-json/read-large-json.js';

export const SYSTEM = 'taskcluster';

/** A failure that may pass within seconds: worth an immediate retry. */
export class Passing extends Unavailable {}

/** No answer at all: a network error or a timeout. */
export class NotReached extends Passing {}

/** No answer within the time limit. */
export class TimedOut extends NotReached {}

/** The deployment has no such method (501). */
export class NotOffered extends Unavailable {}

/** An answer larger than the caller's limit; it was not read to its end. */
export class TooLarge extends Unavailable {}

/**
 * An answer that does not come from Taskcluster: a web page, a redirect, JSON of another system or of another schema. It
 * says nothing about the task, and the effect of the call is unknown.
 */
export class ForeignAnswer extends Unavailable {
  constructor(
    method: string,
    readonly status: number,
    reason: string,
  ) {
    super(SYSTEM, `unusable answer to ${method}: ${reason}`);
  }
}

/** JSON with status 200 that does not match the method's schema. */
export class MalformedReply extends ForeignAnswer {
  constructor(method: string, reason = 'not of its schema') {
    super(method, 200, reason);
  }
}

/** Codes of the API's errors and the HTTP status of each (Taskcluster 106, libraries/api/src/middleware/errors.js). */
const STATUS_OF_CODE: Record<string, number> = {
  MalformedPayload: 400,
  InputError: 400,
  InvalidRequestArguments: 400,
  InputValidationError: 400,
  AuthenticationFailed: 401,
  InsufficientScopes: 403,
  ResourceNotFound: 404,
  RequestConflict: 409,
  ResourceExpired: 410,
  InputTooLarge: 413,
};

/** The method and task of a call; an error reply must repeat them to be believed. */
export interface Question {
  method: string;
  taskId?: string | undefined;
}

/** The part of an error reply that describes the refused request. */
interface ErrorReply {
  code?: unknown;
  message?: unknown;
  requestInfo?: { method?: unknown; params?: { taskId?: unknown } | null } | null;
}

/** Translates an error of the network; passes any other error through. */
export function toNotReached(system: string, what: string, error: unknown): unknown {
  if (error instanceof TooMuchJson) return new TooLarge(system, `answer to ${what} is too large`);
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string') return error;
  if (code === 'EMSGSIZE') return new TooLarge(system, `answer to ${what} is too large`);
  if (code === 'ETIMEDOUT') return new TimedOut(system, `no answer to ${what}: timeout`);
  return new NotReached(system, `no answer to ${what}: ${code}`);
}

/**
 * Reads the JSON of a method's reply; undefined when it has none (204).
 *
 * A refusal is believed only with Taskcluster's signature: JSON whose code fits its HTTP status and whose `requestInfo`
 * repeats the method and task asked about. Otherwise a proxy's 404 would look as if the task did not exist.
 *
 * @throws Refused, Unavailable
 */
export function readAnswer(
  question: Question,
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  body: JsonBody,
): unknown {
  const { method } = question;
  if (status === 204) return undefined;
  const type = String(headers['content-type'] ?? 'no content type');
  const reply = type.startsWith('application/json') ? (body.value() ?? undefined) : undefined;
  if (status >= 200 && status < 300) {
    if (reply === undefined) throw new ForeignAnswer(method, status, `${status} ${type.slice(0, 50)}`);
    return reply;
  }
  if (status === 501) throw new NotOffered(SYSTEM, `501 to ${method}`);
  const error = (reply ?? {}) as ErrorReply;
  const code = typeof error.code === 'string' && /^[\w-]{1,64}$/.test(error.code) ? error.code : undefined;
  if (status >= 500) throw new Passing(SYSTEM, `${status} ${code ?? 'without error code'} to ${method}`);
  // Too slow or too many: says nothing about the request, and an immediate retry would make it worse.
  if (status === 408 || status === 429) throw new Unavailable(SYSTEM, `${status} to ${method}`);
  if (code === undefined || !isSigned(question, status, code, error)) {
    throw new ForeignAnswer(method, status, `${status} ${type.slice(0, 50)} that Taskcluster does not send`);
  }
  const said = takeFirstLine(error.message);
  throw new Refused(SYSTEM, status, code, `${status} ${code} to ${method}${said && `: ${said}`}`);
}

function isSigned({ method, taskId }: Question, status: number, code: string, error: ErrorReply): boolean {
  if (STATUS_OF_CODE[code] !== status) return false;
  // Only "not found" must name its task: it may end builds, while after any other refusal the state is read again.
  if (status !== 404) return true;
  const { requestInfo } = error;
  return requestInfo?.method === method && (taskId === undefined || requestInfo.params?.taskId === taskId);
}

/** The first line of the server's message; the details of the request follow it. */
function takeFirstLine(message: unknown): string {
  return typeof message === 'string' ? message.split('\n', 1)[0]!.slice(0, 300) : '';
}
