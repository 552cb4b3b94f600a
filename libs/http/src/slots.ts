import { broken } from './broken.js';

/** Places for work that may go on at the same time; whoever finds none waits, in the order of asking. */
export class Slots {
  private readonly waiting = new Set<() => void>();

  constructor(private free: number) {}

  /**
   * @param within milliseconds that the work may wait for its place
   * @throws Error with the code ETIMEDOUT, the work not begun
   */
  async run<T>(work: () => Promise<T>, within: number): Promise<T> {
    if (this.free > 0) this.free--;
    else await this.turn(within);
    try {
      return await work();
    } finally {
      const [next] = this.waiting;
      if (next) next();
      else this.free++;
    }
  }

  /** A place is handed over by whoever leaves it; those who gave up are not in the queue any more. */
  private turn(within: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer);
        this.waiting.delete(begin);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(begin);
        reject(broken('ETIMEDOUT', 'nothing was free in time'));
      }, within);
      this.waiting.add(begin);
    });
  }
}
