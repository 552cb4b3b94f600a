import type { Configuration } from '@bbb/configuration';
import type { Subscription } from '@bbb/pulse';

/**
 * The queues of the original bridge. The literal `primary` keeps out messages that match by a task's own routes, and
 * `#` stands for the reserved words at the key's end (Taskcluster's exchange reference, version 106).
 */
export function subscriptionsOf({ pulse, taskcluster }: Configuration): Subscription[] {
  const { provisionerId, workerType } = taskcluster;
  return ['task-pending', 'task-exception'].map((name) => ({
    name,
    queue: `${pulse.queueBasename}/${name}`,
    exchange: `${pulse.taskclusterExchangeBasename}/${name}`,
    bindings: [`primary.*.*.*.*.${provisionerId}.${workerType}.#`],
  }));
}
