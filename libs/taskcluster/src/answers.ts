import { Refused, Unavailable } from '@bbb/rules';
import type { HttpAnswer } from '@bbb/http';

export const SYSTEM = 'taskcluster';

/** A failure that may be over within seconds: worth another try at once. */
export class Passing extends Unavailable {}

/** The deployment has no such method (501). */
export class NotOffered extends Unavailable {}

/** A web page, a redirect, or JSON of a shape that the API does not have: nothing is known about the effect. */
export function unusable(method: string): Unavailable {
  return new Unavailable(SYSTEM, `unusable answer to ${method}`);
}

/** What an error of the network means; anything else is passed through. */
export function notAnswered(system: string, what: string, error: unknown): unknown {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code !== 'string') return error;
  return new Passing(system, `no answer to ${what}: ${code === 'ETIMEDOUT' ? 'timeout' : code}`);
}

/**
 * The JSON that a method replied; undefined where it has nothing to say (204).
 *
 * @throws Refused, Unavailable
 */
export function replyOf(method: string, { status, headers, body }: HttpAnswer): unknown {
  if (status === 204) return undefined;
  const reply = headers['content-type']?.startsWith('application/json') ? parsed(body) : undefined;
  if (status >= 200 && status < 300) {
    if (reply === undefined) throw unusable(method);
    return reply;
  }
  const { code, message } = (reply ?? {}) as { code?: unknown; message?: unknown };
  const name = typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? code : 'UnknownError';
  throw ofStatus(method, status, name, typeof message === 'string' ? message : '');
}

function ofStatus(method: string, status: number, code: string, message: string): Refused | Unavailable {
  const answer = `${status} ${code} to ${method}`;
  if (status === 501) return new NotOffered(SYSTEM, answer);
  if (status >= 500) return new Passing(SYSTEM, answer);
  // Too slow or too many: says nothing about the request itself, and is not made better by repeating it at once.
  if (status === 408 || status === 429) return new Unavailable(SYSTEM, answer);
  if (status >= 400) return new Refused(SYSTEM, status, code, firstLine(message));
  return unusable(method);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** The server's sentence, without the request's details that follow it. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.slice(0, 300);
}
