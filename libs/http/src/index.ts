export { toBaseUrl } from './base-url.js';
export * from './http-connections.js';
export { openWebSocket, type OpenWebSocket } from './web-socket.js';
export { logNetworkEnvironment } from './network-environment.js';
