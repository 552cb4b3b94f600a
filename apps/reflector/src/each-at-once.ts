/** Works through items in their order, at most `limit` at the same time; begins none once it is over. */
export async function eachAtOnce<T>(
  items: Iterable<T>,
  limit: number,
  isOver: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done && !isOver(); next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Math.max(1, limit) }, worker));
}
