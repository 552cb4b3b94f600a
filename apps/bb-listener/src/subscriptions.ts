import type { Configuration } from '@bbb/configuration';
import type { Subscription } from '@bbb/pulse';

/**
 * The queues of the original bridge. The bindings have `#` because a builder directory with a dot adds words to the
 * routing key of log_uploaded: its post-run step does not escape the dot.
 */
export function subscriptionsOf({ pulse }: Configuration): Subscription[] {
  return ['started', 'log_uploaded'].map((name) => ({
    name,
    queue: `${pulse.queueBasename}/${name}`,
    exchange: pulse.buildbotExchange,
    bindings: [`build.#.${name}`],
    // Every build for a task has this property.
    ownText: '"taskId"',
  }));
}
