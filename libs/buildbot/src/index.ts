export { BuildbotModule, type BuildbotOptions } from './buildbot.module.js';
export { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, type BuildbotHealthCheck } from './health.js';
export { logUrlOf, readLogUploaded, readStarted, type BuildMessage } from './legacy/build-message.js';
