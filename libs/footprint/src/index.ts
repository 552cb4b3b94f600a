export * from './start-frugally.js';
