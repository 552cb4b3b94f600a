/** Caches a read for `seconds`; callers during the read share it. */
export function cacheFor<T>(seconds: number, read: () => Promise<T>): () => Promise<T> {
  let last: { result: Promise<T>; expires: number } | undefined;
  return () => {
    if (!last || performance.now() >= last.expires) {
      last = { result: read(), expires: performance.now() + seconds * 1000 };
    }
    return last.result;
  };
}
