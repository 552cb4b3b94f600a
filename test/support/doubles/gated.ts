/** Lets a call of a port through; it may fail it, hold it up or note it. */
export type Pass = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** The same port, with every call passing `pass`. */
export function callThrough<Port extends object>(port: Port, pass: Pass): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: unknown[]) =>
        pass(String(name), () => Promise.resolve(Reflect.apply(method, target, given)));
    },
  });
}
