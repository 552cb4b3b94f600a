export * from './data-source-options.js';
export * from './database-url.js';
export * from './driver-logger.js';
export * from './errors.js';
export * from './gathered.js';
export * from './opened.js';
export * from './placeholders.js';
export * from './when-not-busy.js';
