export * from './bridge-db.js';
export * from './bridge-db.module.js';
export { type BridgeDbOptions, createDataSource } from './data-source.js';
export type { Database } from './database.js';
export * from './messages/kept-messages.js';
export * from './messages/message-store-sql.js';
export type { MigrationStep, ReportStep } from './migration-progress.js';
export {
  MigrationsPending,
  migrateDown,
  migrateTo,
  migrateUp,
  listMigrationStates,
  type MigrationState,
  findPendingMigrations,
  refuseNewerSchema,
} from './migrate.js';
export * from './passes/pass-store-sql.js';
export * from './tasks/task-store-sql.js';
export * from './with-data-source.js';
export * from './operation/instance-store-sql.js';
export * from './operation/journal-table.js';
export * from './operation/journal-writer.js';
export { findMissingRights } from './operation/missing-rights.js';
export * from './operation/pause-store-sql.js';
export * from './tasks/task-list.js';
export { findClockProblem } from './clock-problem.js';
export * from './turns/turn-store-sql.js';
export * from './walks/walk-store-sql.js';
