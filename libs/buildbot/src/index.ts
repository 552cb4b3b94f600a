export { BuilderList, type BuilderListOptions } from './builder-list.js';
export { BuildbotModule, type BuildbotOptions } from './buildbot.module.js';
export { LegacyBuildbot } from './legacy-buildbot.js';
