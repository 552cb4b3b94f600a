import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { Logger } from '@nestjs/common';

/** The settings for outgoing HTTP calls from the environment. */
export interface NetworkEnvironment {
  /** May hold the proxy's password. */
  httpProxy?: string | undefined;
  httpsProxy?: string | undefined;
  noProxy: string;
  /** With the certificate authorities that SSL_CERT_FILE adds; undefined for Node's own. */
  secureContext?: SecureContext | undefined;
  /** The settings without secrets, for the log. */
  summary: Record<string, string>;
}

/** Loopback addresses are never reached through a proxy. */
const LOOPBACK = 'localhost,127.0.0.1,[::1]';

/**
 * Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY (in lower case first, as most programs do) and the files of certificate
 * authorities: SSL_CERT_FILE, and NODE_EXTRA_CA_CERTS, which Node itself reads at start.
 *
 * @throws Error when SSL_CERT_FILE, or a file named beside it, cannot be read
 */
export function readNetworkEnvironment(env: NodeJS.ProcessEnv = process.env): NetworkEnvironment {
  const httpProxy = env.http_proxy || env.HTTP_PROXY || undefined;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY || undefined;
  const excluded = env.no_proxy || env.NO_PROXY || undefined;
  const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = env;
  const summary = Object.entries({
    httpProxy: httpProxy && removeAccount(httpProxy),
    httpsProxy: httpsProxy && removeAccount(httpsProxy),
    noProxy: excluded,
    SSL_CERT_FILE,
    NODE_EXTRA_CA_CERTS,
  }).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return {
    httpProxy,
    httpsProxy,
    // '*' disables proxies only when it is the whole value.
    noProxy: excluded === '*' ? excluded : [excluded, LOOPBACK].filter(Boolean).join(','),
    secureContext: SSL_CERT_FILE ? trust([SSL_CERT_FILE, NODE_EXTRA_CA_CERTS]) : undefined,
    summary: Object.fromEntries(summary),
  };
}

/** Logs the proxies and certificate authorities of outgoing HTTP calls, if the environment names any. */
export function logNetworkEnvironment({ summary }: NetworkEnvironment = readNetworkEnvironment()): void {
  if (Object.keys(summary).length === 0) return;
  new Logger('Http').log(summary, 'proxies and certificate authorities taken from the environment');
}

const contexts = new Map<string, SecureContext>();

/** Reading a few hundred certificates is slow, so it is done once, not for every connection. */
function trust(files: readonly (string | undefined)[]): SecureContext {
  const named = files.filter((file): file is string => file !== undefined && file !== '');
  const key = named.join('\n');
  // Named authorities replace Node's defaults, so the defaults are added again.
  const known =
    contexts.get(key) ?? createSecureContext({ ca: [...rootCertificates, ...named.map(readPem)] });
  contexts.set(key, known);
  return known;
}

function readPem(file: string): string {
  return readFileSync(file, 'utf8');
}

function removeAccount(proxy: string): string {
  if (!URL.canParse(proxy)) return 'not a URL';
  const { protocol, host } = new URL(proxy);
  return `${protocol}//${host}`;
}
