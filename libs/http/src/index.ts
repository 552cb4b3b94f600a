export * from './http-connections.js';
