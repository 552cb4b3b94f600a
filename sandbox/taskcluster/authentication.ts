import { QueueRefusal } from './refusal.js';
import { satisfies, type ScopeNeed } from './scopes.js';
import type { Certificate } from './temporary-credentials.js';

/** Who calls, and what they may do. */
export interface Caller {
  clientId: string;
  scopes: readonly string[];
  temporary: boolean;
}

export interface AuthenticationOptions {
  /** Scopes by clientId. Without it every permanent client may do everything. */
  scopes?: Record<string, readonly string[]>;
  /** Epoch milliseconds. */
  now: () => number;
  /** Seconds by which temporary credentials outlive their expiry. */
  tolerance: number;
}

/** What anybody may do without credentials, as on public deployments. */
export const ANONYMOUS_SCOPES = [
  'queue:get-task:*',
  'queue:status:*',
  'queue:list-artifacts:*',
  'queue:get-artifact:public/*',
];

/**
 * Reads a Hawk header and decides who calls. Message authentication codes and signatures are not verified: the
 * simulator stands in for an authenticating service, it is not one.
 *
 * @throws QueueRefusal 401
 */
export function authenticate(header: string | undefined, options: AuthenticationOptions): Caller {
  if (header === undefined) {
    const scopes = options.scopes?.anonymous ?? ANONYMOUS_SCOPES;
    return { clientId: 'anonymous', scopes, temporary: false };
  }
  // hawk refuses to read a longer one.
  if (header.length > 4096) throw unauthenticated('Header length too long');
  const id = /^Hawk .*\bid="([^"]+)"/.exec(header)?.[1];
  if (id === undefined) throw unauthenticated('Bad header format');
  const ext = extension(header);
  const caller = ext.certificate
    ? temporaryCaller(id, ext.certificate, options)
    : permanentCaller(id, options);
  if (!ext.authorizedScopes) return caller;
  if (!satisfies(caller.scopes, { all: ext.authorizedScopes })) {
    throw unauthenticated('ext.authorizedScopes oversteps your scopes');
  }
  return { ...caller, scopes: ext.authorizedScopes };
}

/** @throws QueueRefusal 403 */
export function authorize(caller: Caller, need: ScopeNeed): void {
  if (satisfies(caller.scopes, need)) return;
  throw new QueueRefusal(
    'InsufficientScopes',
    `Client ID ${caller.clientId} does not have sufficient scopes and is missing the following scopes:\n\n` +
      `\`\`\`\n${JSON.stringify(need, null, 2)}\n\`\`\``,
  );
}

function permanentCaller(clientId: string, options: AuthenticationOptions): Caller {
  const scopes = options.scopes ? options.scopes[clientId] : ['*'];
  if (!scopes) throw unauthenticated(`No such client ${clientId}`);
  return { clientId, scopes, temporary: false };
}

function temporaryCaller(clientId: string, certificate: Certificate, options: AuthenticationOptions): Caller {
  const tolerance = options.tolerance * 1000;
  if (certificate.start - tolerance > options.now()) throw unauthenticated('ext.certificate.start > now');
  if (certificate.expiry + tolerance < options.now()) throw unauthenticated('ext.certificate.expiry < now');
  return { clientId, scopes: certificate.scopes, temporary: true };
}

function extension(header: string): { certificate?: Certificate; authorizedScopes?: string[] } {
  const encoded = /\bext="([^"]*)"/.exec(header)?.[1];
  if (encoded === undefined) return {};
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString()) as ReturnType<typeof extension>;
  } catch {
    throw unauthenticated('Failed to parse ext');
  }
}

function unauthenticated(message: string): QueueRefusal {
  return new QueueRefusal('AuthenticationFailed', message);
}
