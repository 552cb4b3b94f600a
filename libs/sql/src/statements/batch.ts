import DataLoader from 'dataloader';
import { Unavailable } from '@bbb/rules';

/** Maximum milliseconds for which calls wait for the end of a batch in progress; a slow statement delays others no longer. */
const GATHERING = 10;

/**
 * Batches single-item calls into one round trip: those of the same turn of the event loop and, while a batch is in
 * progress, those of at most {@link GATHERING} milliseconds. So a lone call does not wait, and batches grow with the
 * load. Answers are not cached.
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
  const gathering = new Gathering();
  const loader = new DataLoader<Thing, Answer>((things) => gathering.during(() => handle(together, things)), {
    cache: false,
    maxBatchSize: most,
    batchScheduleFn: (ready) =>
      patience > 0 ? setTimeout(ready, patience) : gathering.schedule(() => setImmediate(ready)),
  });
  return (thing) => loader.load(thing);
}

async function handle<Thing, Answer>(
  together: (things: readonly Thing[]) => Promise<readonly (Answer | Error)[]>,
  things: readonly Thing[],
): Promise<readonly (Answer | Error)[]> {
  try {
    return await together(things);
  } catch (error) {
    if (things.length === 1 || error instanceof Unavailable) throw error;
    const each = await Promise.allSettled(things.map((thing) => together([thing])));
    return each.map((one) => (one.status === 'fulfilled' ? one.value[0]! : toError(one.reason)));
  }
}

/** Delays what is scheduled until no batch is in progress, within limits. */
class Gathering {
  private inProgress = 0;
  private readonly waiting = new Set<() => void>();

  schedule(ready: () => void): void {
    if (this.inProgress === 0) return ready();
    const timer = setTimeout(() => go(), GATHERING);
    const go = () => {
      clearTimeout(timer);
      this.waiting.delete(go);
      ready();
    };
    this.waiting.add(go);
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.inProgress++;
    try {
      return await work();
    } finally {
      if (--this.inProgress === 0) for (const go of [...this.waiting]) go();
    }
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
