/**
 * Prefetches up to `count` items of an async generator while the consumer works on one. An error of the generator is
 * thrown at its place in the sequence.
 */
export async function* prefetch<Item>(items: AsyncGenerator<Item>, count: number): AsyncGenerator<Item> {
  const requested: Promise<IteratorResult<Item>>[] = [];
  const requestNext = () => {
    const next = items.next();
    next.catch(() => undefined);
    requested.push(next);
  };
  for (let at = 0; at < count; at++) requestNext();
  for (;;) {
    const next = await requested.shift()!;
    if (next.done) return;
    requestNext();
    yield next.value;
  }
}
