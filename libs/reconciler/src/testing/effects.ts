/** One call of a port. Reads change nothing outside; effects do. */
export interface Call {
  kind: 'read' | 'effect';
  /** For example `queue.claim`. */
  name: string;
  /** Counts the calls of its kind from 0. */
  index: number;
}

/** Lets a call fail: before its effect, or after it, so that only the reply is lost. */
export type Faults = (call: Call, moment: 'before' | 'after') => Error | void;

/** Runs the calls of all memory ports, and lets tests fail them, hold them up and look at them. */
export class Effects {
  readonly calls: Call[] = [];
  faults: Faults = () => undefined;
  /** Awaited before every call; a scheduler put here decides whose call comes next. */
  pause: () => Promise<void> = () => Promise.resolve();

  read<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.#run('read', name, work);
  }

  effect<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.#run('effect', name, work);
  }

  /** The names of the effects so far, in order. */
  get effects(): string[] {
    return this.calls.filter(({ kind }) => kind === 'effect').map(({ name }) => name);
  }

  clear(): void {
    this.calls.length = 0;
  }

  async #run<T>(kind: Call['kind'], name: string, work: () => T | Promise<T>): Promise<T> {
    await this.pause();
    const call = { kind, name, index: this.calls.filter((other) => other.kind === kind).length };
    this.calls.push(call);
    this.#fail(call, 'before');
    const result = await work();
    this.#fail(call, 'after');
    return result;
  }

  #fail(call: Call, moment: 'before' | 'after'): void {
    const error = this.faults(call, moment);
    if (error) throw error;
  }
}
