export { deriveState, type BuildFacts, type RequestFacts } from './requests/request-state.js';
export { SchedulerDb, type SchedulerDbOptions } from './scheduler-db.js';
export type { CancellationTarget } from './requests/cancellation-target.js';
export { SchedulerDbModule } from './scheduler-db.module.js';
