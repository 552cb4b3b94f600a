export * from './options.js';
export * from './taskcluster-queue.js';
export * from './taskcluster.module.js';
