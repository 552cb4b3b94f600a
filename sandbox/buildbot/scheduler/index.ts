export { SchedulerConnection, type SqlValue, type Statements } from './connection.js';
export {
  createSchedulerSchema,
  schedulerSchema,
  type SchedulerSchema,
  type SchemaOptions,
} from './schema.js';
export { submitRequest, type Submission } from './submit.js';
export type { LoadedRequest, Property } from './requests.js';
