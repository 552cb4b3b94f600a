export type { Explanation } from './explanation.js';
export * from './keyed-lock.js';
export * from './queue-clock.js';
export * from './reconciler.js';
export * from './rules.js';
export type { FinishedEvent, Given, Next, Situation, Source, TriggeringEvent } from './situation.js';
export type { Act, ReconcilerSettings, ActContext } from './context.js';
export { Pauses } from './pauses.js';
