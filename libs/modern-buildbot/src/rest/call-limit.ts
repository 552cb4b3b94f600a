import { Unavailable } from '@bbb/rules';
import { SYSTEM } from '../options.js';

/** `bulk`: reads of many rows; urgent calls do not wait for them. */
export type Urgency = 'urgent' | 'bulk';

interface Waiting {
  urgency: Urgency;
  begin(): void;
}

/** Bulk calls use this part of the limit: one of them keeps a master as busy as ten others. */
const BULK = 1 / 4;

/**
 * Limits the concurrent calls to one master, which answers them in one thread. Urgent calls go first, and bulk calls use
 * only a part of the limit, so that a creation does not wait for all snapshots of a pass.
 */
export class CallLimit {
  private readonly waiting = new Set<Waiting>();
  private readonly running: Record<Urgency, number> = { urgent: 0, bulk: 0 };
  private readonly mostBulk: number;

  constructor(private readonly most: number) {
    this.mostBulk = Math.max(1, Math.floor(most * BULK));
  }

  /**
   * @param within maximum milliseconds that the call may wait
   * @throws Unavailable when the call could not start in time
   */
  async run<T>(urgency: Urgency, work: () => Promise<T>, within: number): Promise<T> {
    if (this.hasPlaceFor(urgency)) this.running[urgency]++;
    else await this.waitForTurn(urgency, within);
    try {
      return await work();
    } finally {
      this.running[urgency]--;
      this.beginNext();
    }
  }

  private hasPlaceFor(urgency: Urgency): boolean {
    const { urgent, bulk } = this.running;
    return urgent + bulk < this.most && (urgency === 'urgent' || bulk < this.mostBulk);
  }

  private beginNext(): void {
    for (const urgency of ['urgent', 'bulk'] as const)
      for (const one of this.waiting)
        if (one.urgency === urgency && this.hasPlaceFor(urgency)) {
          this.running[urgency]++;
          one.begin();
        }
  }

  private waitForTurn(urgency: Urgency, within: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        urgency,
        begin: () => {
          clearTimeout(timer);
          this.waiting.delete(one);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.delete(one);
        reject(new Unavailable(SYSTEM, 'too many calls to the Buildbot master are in progress'));
      }, within);
      this.waiting.add(one);
    });
  }
}
