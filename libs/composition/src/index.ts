export * from './outside-systems.module.js';
export * from './overrides.js';
export * from './pulse.js';
