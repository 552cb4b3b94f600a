export {
  BUILDBOT_HEALTH,
  BUILDBOT_LOG_HOSTS,
  BuildbotModule,
  type BuildbotHealthCheck,
  type BuildbotOptions,
} from './buildbot.module.js';
export { logUrlOf, readLogUploaded, readStarted, type BuildMessage } from './legacy/build-message.js';
