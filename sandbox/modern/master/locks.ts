/** Locks that one holds at a time. */
export class Locks {
  private readonly held = new Map<string, { waiting: (() => void)[] }>();

  isFree(name: string | undefined): boolean {
    return name === undefined || !this.held.has(name);
  }

  /** Takes a free lock, or waits for its turn. @param begin called when the lock is held */
  take(name: string | undefined, begin: () => void): void {
    const lock = name === undefined ? undefined : this.held.get(name);
    if (lock) {
      lock.waiting.push(begin);
      return;
    }
    if (name !== undefined) this.held.set(name, { waiting: [] });
    begin();
  }

  release(name: string | undefined): void {
    if (name === undefined) return;
    const next = this.held.get(name)?.waiting.shift();
    if (next) next();
    else this.held.delete(name);
  }
}
