export * from './about-setting.js';
export * from './data-source-options.js';
export * from './database-url.js';
export * from './errors.js';
export * from './not-strict.js';
export * from './opened.js';
export * from './when-not-busy.js';
