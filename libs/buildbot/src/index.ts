export { BuildbotModule, type BuildbotOptions } from './buildbot.module.js';
export { BuildHints } from './modern/build-hints.js';
export { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, type BuildbotHealthCheck } from './health.js';
export { readLogUrl, readLogUploaded, readStarted, type BuildMessage } from './legacy/build-message.js';
export {
  BUILD_FINISHED,
  BUILD_STARTED,
  type BuildSubscription,
  createBuildSubscriptions,
} from './legacy/build-subscriptions.js';
