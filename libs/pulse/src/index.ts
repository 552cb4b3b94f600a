export { explainConnectErrors } from './connection/connect-errors.js';
export * from './connection/open-connection.js';
export * from './leave-to-others.js';
export * from './on-pulse.decorator.js';
export * from './options.js';
export * from './pulse-context.js';
export * from './pulse.module.js';
export * from './pulse.server.js';
