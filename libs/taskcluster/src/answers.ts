import { Refused, Unavailable } from '@bbb/bridge';

export const SYSTEM = 'taskcluster';

/** A failure that may be over within seconds: worth another try at once. */
export class Passing extends Unavailable {}

/** The deployment has no such method (501). */
export class NotOffered extends Unavailable {}

/** A web page, a redirect, or JSON of a shape that the API does not have: nothing is known about the effect. */
export function unusable(method: string): Unavailable {
  return new Unavailable(SYSTEM, `unusable answer to ${method}`);
}

/**
 * What an error of the client means. The original error is left behind: it holds request headers, with them the
 * certificate of temporary credentials.
 */
export function translated(method: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Refused || error instanceof Unavailable) return error;
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown };
  const name = typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? code : 'UnknownError';
  if (typeof statusCode === 'number') return ofStatus(method, statusCode, name, error.message);
  if (code === undefined) return error;
  return new Passing(SYSTEM, `no answer to ${method}: ${name === 'ECONNABORTED' ? 'timeout' : name}`);
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

/** The server's sentence, without the request's details that follow it. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.slice(0, 300);
}
