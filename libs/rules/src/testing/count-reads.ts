/** A value that counts the reads of its members at every depth: a measure of work that does not depend on the machine. */
export function countReads<T>(value: T): { value: T; reads: () => number } {
  let reads = 0;
  const wrap = (given: unknown): unknown => {
    if (typeof given !== 'object' || given === null) return given;
    return new Proxy(given, {
      get: (target, name) => {
        reads++;
        return wrap(Reflect.get(target, name));
      },
    });
  };
  return { value: wrap(value) as T, reads: () => reads };
}
