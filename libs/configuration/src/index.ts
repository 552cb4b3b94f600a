export * from './configuration.js';
export * from './configuration-error.js';
export * from './documentation.js';
export { certificateExpiry, expiryProblem } from './checks/certificate.js';
export { databaseInsecurities } from './checks/insecurities.js';
export * from './inspect-configuration.js';
export * from './load-configuration.js';
export * from './secrets.js';
export { sectionOf } from './setting.js';
