/** A read whose result serves all callers of the next `seconds`, and those who ask while it is under way. */
export function cacheFor<T>(seconds: number, read: () => Promise<T>): () => Promise<T> {
  let last: { result: Promise<T>; expires: number } | undefined;
  return () => {
    if (!last || performance.now() >= last.expires) {
      last = { result: read(), expires: performance.now() + seconds * 1000 };
    }
    return last.result;
  };
}
