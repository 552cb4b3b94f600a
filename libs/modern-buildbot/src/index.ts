export { BuildbotMasters } from './buildbot-masters.js';
export { BuildbotMastersModule } from './buildbot-masters.module.js';
export type { HintListener } from './hints/event-stream.js';
export type { BuildbotMastersOptions } from './options.js';
