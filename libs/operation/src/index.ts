export * from './durations.js';
export * from './explain-task.js';
export * from './links.js';
export * from './list-instances.js';
export * from './list-tasks.js';
export * from './plan-pass.js';
export { OPERATION_SYSTEMS, type OperationSystems } from './systems.js';
