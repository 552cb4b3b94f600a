import DataLoader from 'dataloader';
import { Unavailable } from '@bbb/rules';

/**
 * Turns work on single things into work on many: what comes up in the same turn of the event loop is done together, in
 * one round trip. Nothing is remembered: whoever asks later is answered anew.
 *
 * @param together does all, or nothing, and answers for each in the order given
 * @param most things in one round trip
 * @param patience milliseconds that the first of them may wait for others; 0: only those of the same turn
 * @returns does one; when all of them fail for another reason than that the database is away, each is tried alone, so
 *   that one that cannot be done does not keep the others from it
 */
export function batchCalls<Thing, Answer>(
  together: (things: readonly Thing[]) => Promise<readonly Answer[]>,
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
        return each.map((one) => (one.status === 'fulfilled' ? one.value[0]! : asError(one.reason)));
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

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
