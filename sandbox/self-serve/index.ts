export type { Job, JobAction, JobOutcome } from './jobs.js';
export type { Call, Fault, SelfServeOptions, StoppableMaster } from './options.js';
export * from './self-serve.js';
