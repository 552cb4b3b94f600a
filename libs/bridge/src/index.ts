export * from './errors.js';
export * from './json.js';
export * from './ports/buildbot.js';
export * from './ports/clock.js';
export * from './ports/message-store.js';
export * from './ports/task-queue.js';
export * from './ports/task-store.js';
export * from './ports/telemetry.js';
