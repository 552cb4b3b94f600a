import { describeDatabase } from '@bbb/sql';
import type { Configuration } from './configuration.js';

/** The outside systems that the configuration names, without secrets; the keys are those of the settings. */
export function describeSystems({ taskcluster, schedulerDb, bridgeDb }: Configuration) {
  return {
    'taskcluster.rootUrl': taskcluster.rootUrl,
    taskQueueId: `${taskcluster.provisionerId}/${taskcluster.workerType}`,
    buildbot_scheduler_db: describeDatabase(schedulerDb.url),
    bbb_db: describeDatabase(bridgeDb.url),
  };
}
