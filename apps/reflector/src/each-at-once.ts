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
  const worker = async () => {
    for (let next = await rest.next(); !next.done && !isOver(); next = await rest.next()) {
      await work(next.value);
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.max(1, limit) }, worker));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
