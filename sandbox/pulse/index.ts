export * from './mail.js';
export * from './publisher.js';
