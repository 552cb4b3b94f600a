import { Unavailable } from '@bbb/rules';
import { SYSTEM } from './answers.js';

/** Large answers read at the same time. */
const AT_A_TIME = 2;

/** Maximum large answers that wait: whoever waits takes the place of other messages. */
const MAX_WAITING = 20;

/** Lets few large answers be read at the same time, first come first served. */
export class LargeAnswers {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @throws Unavailable when too many wait already */
  async run<T>(read: () => Promise<T>): Promise<T> {
    if (this.running < AT_A_TIME) this.running++;
    else if (this.waiting.length < MAX_WAITING)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    else throw new Unavailable(SYSTEM, 'too many large tasks are being read; will retry');
    try {
      return await read();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
