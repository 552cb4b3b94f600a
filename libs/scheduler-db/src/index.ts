export { deriveState, type BuildFacts, type RequestFacts } from './requests/request-state.js';
export type { SchedulerDbOptions } from './options.js';
export { SchedulerDb } from './scheduler-db.js';
export type { CancellationTarget } from './requests/cancellation-target.js';
export { SchedulerDbModule } from './scheduler-db.module.js';
