import { MAX_IN_LIST } from '@bbb/sql';

/** Asks in chunks about many values, each value once, and joins the answers. */
export async function queryInChunks<V, R>(
  values: readonly V[],
  ask: (chunk: V[]) => Promise<R[]>,
): Promise<R[]> {
  const distinct = [...new Set(values)];
  const answers: R[] = [];
  for (let start = 0; start < distinct.length; start += MAX_IN_LIST) {
    answers.push(...(await ask(distinct.slice(start, start + MAX_IN_LIST))));
  }
  return answers;
}
