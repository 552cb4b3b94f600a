export * from './configuration.js';
export type { BuildRow, Property, RequestRow } from './database/rows.js';
export type { RestCall, RestFault, RestFaultHook } from './rest/faults.js';
export * from './simulator.js';
