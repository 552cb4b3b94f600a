import { describeDatabase } from '@bbb/sql';
import type { Configuration } from './configuration.js';

/** Which systems the configuration names, by the names of the settings and without secrets. */
export function describeSystems({ taskcluster, schedulerDb, bridgeDb }: Configuration) {
  return {
    'taskcluster.rootUrl': taskcluster.rootUrl,
    taskQueueId: `${taskcluster.provisionerId}/${taskcluster.workerType}`,
    buildbot_scheduler_db: describeDatabase(schedulerDb.url),
    bbb_db: describeDatabase(bridgeDb.url),
  };
}
