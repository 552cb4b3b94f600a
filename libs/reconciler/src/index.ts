export * from './keyed-lock.js';
export * from './reconciler.js';
export * from './rules.js';
export type { FinishedEvent, Given, Next, Scene, Source, TriggeringEvent } from './scene.js';
export type { Act, ReconcilerSettings, Tools } from './tools.js';
