/**
 * Works through items in their order, at most `limit` at the same time; begins none once it is over.
 *
 * @throws what a source of items, or the work, throws, once all work under way has come to its end
 */
export async function eachAtOnce<T>(
  items: Iterable<T> | AsyncGenerator<T>,
  limit: number,
  isOver: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = Symbol.asyncIterator in items ? items : items[Symbol.iterator]();
  const workers: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  const begin = () => workers.push(worker().catch((error: unknown) => failures.push(error)));
  const worker = async () => {
    for (let next = await rest.next(); !next.done && !isOver(); next = await rest.next()) {
      // Nobody stands by for items that may not come.
      if (workers.length < limit) begin();
      await work(next.value);
    }
  };
  begin();
  for (const each of workers) await each;
  if (failures.length > 0) throw failures[0];
}
