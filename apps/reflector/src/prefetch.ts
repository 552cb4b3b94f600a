/**
 * The same things, of which up to `count` are asked for before the one that is handed out is done with. A failure comes
 * in its place among them.
 */
export async function* ahead<Thing>(things: AsyncGenerator<Thing>, count: number): AsyncGenerator<Thing> {
  const asked: Promise<IteratorResult<Thing>>[] = [];
  const ask = () => {
    const next = things.next();
    next.catch(() => undefined);
    asked.push(next);
  };
  for (let at = 0; at < count; at++) ask();
  for (;;) {
    const next = await asked.shift()!;
    if (next.done) return;
    ask();
    yield next.value;
  }
}
