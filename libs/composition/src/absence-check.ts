import type { PassStore } from '@bbb/rules';
import type { HealthCheck } from '@bbb/platform';

/** Fails while so many tracked tasks are missing that no absence is believed; the same on every instance. */
export function checkMissingTasks(passes: PassStore): HealthCheck {
  return {
    name: 'missing-tasks',
    kind: 'degraded',
    check: async () => {
      const { seen, missing, doubtedSince } = await passes.read();
      if (doubtedSince === null) return undefined;
      return (
        `${missing} of ${seen} tracked tasks are missing in Taskcluster or Buildbot; nothing is done about it, ` +
        'and no build request is created: check taskcluster_queue_config, buildbot_scheduler_db and bbb_db, or run `buildbot-bridge missing confirm`'
      );
    },
  };
}
