/** Values of one IN list at most; databases limit parameters and the length of a statement. */
const CHUNK = 500;

/** Asks in chunks about many values, each value once, and joins the answers. */
export async function inChunks<V, R>(values: readonly V[], ask: (chunk: V[]) => Promise<R[]>): Promise<R[]> {
  const distinct = [...new Set(values)];
  const answers: R[] = [];
  for (let start = 0; start < distinct.length; start += CHUNK) {
    answers.push(...(await ask(distinct.slice(start, start + CHUNK))));
  }
  return answers;
}
