/**
 * Processes items in order, at most `limit` at the same time.
 *
 * @param isOver when it returns true no further item is started
 * @throws the first error of the source or of the work, once all started work has ended
 */
export async function forEachConcurrently<T>(
  items: Iterable<T> | AsyncGenerator<T>,
  limit: number,
  isOver: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = Symbol.asyncIterator in items ? items : items[Symbol.iterator]();
  const workers: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  const startWorker = () => workers.push(worker().catch((error: unknown) => failures.push(error)));
  const worker = async () => {
    for (let next = await rest.next(); !next.done && !isOver(); next = await rest.next()) {
      // A further worker starts only when there is an item, so none waits for a slow source.
      if (workers.length < limit) startWorker();
      await work(next.value);
    }
  };
  startWorker();
  for (const each of workers) await each;
  if (failures.length > 0) throw failures[0];
}
