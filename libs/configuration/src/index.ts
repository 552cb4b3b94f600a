export * from './configuration.js';
export * from './configuration-error.js';
export * from './documentation.js';
export { databaseInsecurities } from './insecurities.js';
export * from './load-configuration.js';
export * from './secrets.js';
export { sectionOf } from './setting.js';
