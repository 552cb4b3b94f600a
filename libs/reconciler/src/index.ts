export * from './keyed-lock.js';
export * from './reconciler.js';
export type { FinishedEvent, Given, Source, TriggeringEvent } from './scene.js';
export type { ReconcilerSettings } from './tools.js';
