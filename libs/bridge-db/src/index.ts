export * from './bridge-db.js';
export * from './bridge-db.module.js';
export * from './command-line.js';
export { type BridgeDbOptions, createDataSource } from './data-source.js';
export * from './messages/message-store-sql.js';
export {
  MigrationsPending,
  migrateDown,
  migrateUp,
  migrationStates,
  type MigrationState,
} from './migrate.js';
export * from './tasks/task-store-sql.js';
