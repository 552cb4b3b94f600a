import { randomBytes } from 'node:crypto';
import hawk from 'hawk';

/** Credentials that sign a call. Temporary ones have a certificate. */
export interface Credentials {
  clientId: string;
  accessToken: string;
  certificate?: string | undefined;
}

/** A nonce must be unique within a second; a counter avoids a system call for random bytes per request. */
const PROCESS = randomBytes(9).toString('base64url');
let count = 0;

/** Creates the Authorization header of one request, which is valid once; `now` in epoch seconds. */
export function createAuthorization(verb: string, url: URL, credentials: Credentials, now: number): string {
  const { clientId, accessToken, certificate } = credentials;
  const { header } = hawk.client.header(url, verb, {
    credentials: { id: clientId, key: accessToken, algorithm: 'sha256' },
    ext: certificate === undefined ? undefined : createExtension(certificate),
    timestamp: Math.floor(now),
    nonce: `${PROCESS}${(count++).toString(36)}`,
  });
  return header;
}

/** Maximum characters of an Authorization header that hawk, and therefore Taskcluster, accepts. */
const LONGEST_HEADER = 4096;

/** Characters of a header without its certificate and the client's id: hash, nonce, time and names. */
const REST = 200;

/**
 * Whether credentials fit into a header. Those of a run carry the scopes of its task: with about 2.4 kB of scopes they do
 * not, and Taskcluster would answer 401.
 */
export function fitsHeader({ clientId, certificate = '' }: Credentials): boolean {
  return createExtension(certificate).length + clientId.length + REST <= LONGEST_HEADER;
}

/** Encodes the certificate of temporary credentials as Hawk's `ext` field, where Taskcluster expects it. */
function createExtension(certificate: string): string {
  return Buffer.from(`{"certificate":${certificate}}`).toString('base64');
}
