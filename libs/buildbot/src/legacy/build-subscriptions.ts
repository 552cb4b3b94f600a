/** Our names of Buildbot's messages about builds, which are the last words of their routing keys. */
export const BUILD_STARTED = 'started';
export const BUILD_FINISHED = 'log_uploaded';

/** A queue of Buildbot's messages, as `libs/pulse` subscribes to it. */
export interface BuildSubscription {
  name: string;
  queue: string;
  exchange: string;
  bindings: string[];
  ownText: string;
}

/**
 * The queues of the original bridge. The bindings have `#` because a builder directory with a dot adds words to the
 * routing key of log_uploaded: its post-run step does not escape the dot.
 *
 * @param exchange exchange that Buildbot publishes to
 * @param queueBasename first part of the names of the bridge's queues
 */
export function createBuildSubscriptions(exchange: string, queueBasename: string): BuildSubscription[] {
  return [BUILD_STARTED, BUILD_FINISHED].map((name) => ({
    name,
    queue: `${queueBasename}/${name}`,
    exchange,
    bindings: [`build.#.${name}`],
    // Every build for a task has this property.
    ownText: '"taskId"',
  }));
}
