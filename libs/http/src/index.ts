export { toBaseUrl } from './base-url.js';
export * from './http-connections.js';
export { logNetworkEnvironment } from './network-environment.js';
