import DataLoader from 'dataloader';
import { isolateMalformed } from './isolate-malformed.js';

/** Milliseconds after which a read under way is no longer waited for: some masters never finish an answer. */
const PATIENCE = 1000;

/**
 * Gathers reads of single things into shared calls, one call at a time: what is wanted meanwhile shares the next one. So a
 * slow master, or one that is far away, gets fewer and larger calls.
 *
 * @param read reads several things in one call, with a result for each
 * @param most maximum things in one call
 * @returns reads one thing; throws as `read` does
 */
export function shareReads<Thing, Result>(
  read: (things: readonly Thing[]) => Promise<Result[]>,
  most: number,
): (thing: Thing) => Promise<Result> {
  let isUnderWay = false;
  const waiting: (() => void)[] = [];
  const beginNext = () => {
    isUnderWay = false;
    for (const begin of waiting.splice(0)) begin();
  };
  const loader = new DataLoader<Thing, Result>(
    async (things) => {
      isUnderWay = true;
      const timer = setTimeout(beginNext, PATIENCE);
      try {
        return await isolateMalformed(things, read);
      } finally {
        clearTimeout(timer);
        beginNext();
      }
    },
    {
      cache: false,
      maxBatchSize: most,
      // After everything of this turn that is already known.
      batchScheduleFn: (begin) =>
        void (isUnderWay ? waiting.push(begin) : Promise.resolve().then(() => process.nextTick(begin))),
    },
  );
  return (thing) => loader.load(thing);
}
