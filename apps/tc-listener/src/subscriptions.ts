import type { Configuration } from '@bbb/configuration';
import type { Subscription } from '@bbb/pulse';

/**
 * The queues of the original bridge. `primary` excludes copies that are published by a task's own routes, and `#` matches
 * the reserved words at the end of the key (Taskcluster's exchange reference, version 106).
 */
export function createSubscriptions({ pulse, taskcluster }: Configuration): Subscription[] {
  const { provisionerId, workerType } = taskcluster;
  return ['task-pending', 'task-exception'].map((name) => ({
    name,
    queue: `${pulse.queueBasename}/${name}`,
    exchange: `${pulse.taskclusterExchangeBasename}/${name}`,
    bindings: [`primary.*.*.*.*.${provisionerId}.${workerType}.#`],
  }));
}
