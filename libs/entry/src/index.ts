export * from './run-entry.js';
