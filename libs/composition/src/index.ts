export * from './outside-systems.module.js';
export * from './overrides.js';
export * from './process-settings.js';
export * from './pulse.js';
export * from './run-bridge-services.js';
export { type CommandSystems, withOperation } from './operator/with-operation.js';
export type { ProbeResult } from './probes/probe-result.js';
export { probeSystems } from './probes/probe-systems.js';
