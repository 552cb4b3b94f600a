import type { Configuration } from '@bbb/configuration';
import type { Subscription } from '@bbb/pulse';

/**
 * The queues of the original bridge. A builder directory with a dot makes log_uploaded keys of more words than
 * usual (its post-run step does not escape it), hence `#`.
 */
export function subscriptionsOf({ pulse }: Configuration): Subscription[] {
  return ['started', 'log_uploaded'].map((name) => ({
    name,
    queue: `${pulse.queueBasename}/${name}`,
    exchange: pulse.buildbotExchange,
    bindings: [`build.#.${name}`],
    // The property of every build that serves a task.
    ownText: '"taskId"',
  }));
}
