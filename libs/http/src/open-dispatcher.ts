// An ambient file is invisible to the build of a single app unless it is named.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./undici-agent.d.ts" />
import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import { readNetworkEnvironment } from './network-environment.js';

/**
 * Opens undici's connection pools, with a maximum number of connections to each server. Connects through the proxies
 * that the environment names; only then is the rest of undici loaded.
 */
export function openDispatcher(connections: number): Dispatcher | Promise<Dispatcher> {
  const { httpProxy, httpsProxy, noProxy, secureContext } = readNetworkEnvironment();
  const tls = secureContext ? { secureContext } : {};
  const options = {
    connections,
    // A second request on a busy connection would wait for the first one's answer.
    pipelining: 1,
    // Every exchange has its own time limit.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: tls,
  };
  if (httpProxy === undefined && httpsProxy === undefined) return new Agent(options);
  const proxies = {
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    noProxy,
  };
  // The default export: in the bundle of a service, a CommonJS package has no other.
  return import('undici').then(
    ({ default: { EnvHttpProxyAgent } }) =>
      new EnvHttpProxyAgent({ ...options, ...proxies, requestTls: tls, proxyTls: tls }),
  );
}
