export { toBaseUrl } from './base-url.js';
export * from './http-connections.js';
export { openWebSocket } from './web-socket.js';
export { logNetworkEnvironment } from './network-environment.js';
