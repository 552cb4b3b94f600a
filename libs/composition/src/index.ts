export * from './outside-systems.module.js';
export * from './overrides.js';
export * from './process-settings.js';
export * from './pulse.js';
export * from './run-bridge-service.js';
