import DataLoader from 'dataloader';
import { Unavailable } from '@bbb/rules';

/**
 * Batches single-item calls that are made in the same turn of the event loop into one round trip. Answers are not
 * cached.
 *
 * @param together handles a batch, completely or not at all, and answers for each item in the order given; the answer for
 *   an item may be an error, which rejects the call for that item alone
 * @param most maximum items in one batch
 * @param patience maximum milliseconds that the first item waits for others; 0 batches only items of the same turn
 * @returns handles one item. When a batch fails and the database is available, each item is tried alone, so that one
 *   that fails does not fail the others
 */
export function batchCalls<Thing, Answer>(
  together: (things: readonly Thing[]) => Promise<readonly (Answer | Error)[]>,
  most: number,
  patience = 0,
): (thing: Thing) => Promise<Answer> {
  const loader = new DataLoader<Thing, Answer>(
    async (things) => {
      try {
        return await together(things);
      } catch (error) {
        if (things.length === 1 || error instanceof Unavailable) throw error;
        const each = await Promise.allSettled(things.map((thing) => together([thing])));
        return each.map((one) => (one.status === 'fulfilled' ? one.value[0]! : toError(one.reason)));
      }
    },
    {
      cache: false,
      maxBatchSize: most,
      batchScheduleFn: (ready) => (patience > 0 ? setTimeout(ready, patience) : setImmediate(ready)),
    },
  );
  return (thing) => loader.load(thing);
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
