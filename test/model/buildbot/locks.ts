import { Unavailable } from '@bbb/rules';

interface Lock {
  owner: object;
  waiting: { owner: object; until: number; take: () => void; giveUp: (error: Error) => void }[];
}

/** Seconds that somebody waits for a lock. */
const PATIENCE = 10;

/** The scheduler database's locks: each belongs to a connection and ends with it. */
export class Locks {
  readonly #locks = new Map<string, Lock>();

  /** @param isOff lets everybody in at once: what a bridge without a lock would be like */
  constructor(
    private readonly now: () => number,
    private readonly isOff = false,
  ) {}

  take(name: string, owner: object): Promise<void> {
    if (this.isOff) return Promise.resolve();
    const lock = this.#locks.get(name);
    if (!lock) {
      this.#locks.set(name, { owner, waiting: [] });
      return Promise.resolve();
    }
    return new Promise((take, giveUp) =>
      lock.waiting.push({ owner, until: this.now() + PATIENCE, take, giveUp }),
    );
  }

  isHeld(name: string, owner: object): boolean {
    return this.isOff || this.#locks.get(name)?.owner === owner;
  }

  release(name: string, owner: object): void {
    const lock = this.#locks.get(name);
    if (lock?.owner !== owner) return;
    const next = lock.waiting.shift();
    if (!next) {
      this.#locks.delete(name);
      return;
    }
    lock.owner = next.owner;
    next.take();
  }

  /** The connections of a process are gone. */
  releaseAll(owner: object): void {
    for (const [name, lock] of [...this.#locks]) {
      lock.waiting = lock.waiting.filter((waiter) => waiter.owner !== owner);
      this.release(name, owner);
    }
  }

  /** Ends the wait of those who have waited for too long. */
  tick(): void {
    for (const lock of this.#locks.values()) {
      const late = lock.waiting.filter(({ until }) => until <= this.now());
      lock.waiting = lock.waiting.filter((waiter) => !late.includes(waiter));
      late.forEach(({ giveUp }) => giveUp(new Unavailable('scheduler-db', 'the lock is not to be had')));
    }
  }
}
