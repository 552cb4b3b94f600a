import { Unavailable } from '@bbb/rules';
import { SYSTEM } from '../options.js';

/** `bulk`: reads of many rows; urgent calls do not wait for them. */
export type Urgency = 'urgent' | 'bulk';

interface Waiting {
  urgency: Urgency;
  begin(): void;
}

/** Milliseconds after which a call shows that calls queue up at the master. */
const SLOW = 1000;

/** Bulk calls use this part of the limit: one of them keeps a master as busy as ten others. */
const BULK = 1 / 4;

/**
 * Limits the concurrent calls to one master, which answers them in one thread. Urgent calls go first, and bulk calls use
 * only a part of the limit, so that a creation does not wait for all snapshots of a pass. While the master is slow, half of
 * the limit is used: more calls would only wait there until they time out.
 */
export class CallLimit {
  private readonly waiting = new Set<Waiting>();
  private readonly running: Record<Urgency, number> = { urgent: 0, bulk: 0 };
  private readonly mostBulk: number;
  /** Whether the last call was slow. */
  private isSlow = false;

  /** @param now milliseconds since any fixed moment */
  constructor(
    private readonly most: number,
    private readonly now = () => performance.now(),
  ) {
    this.mostBulk = Math.max(1, Math.floor(most * BULK));
  }

  /**
   * @param within maximum milliseconds that the call may wait
   * @throws Unavailable when the call could not start in time
   */
  async run<T>(urgency: Urgency, work: () => Promise<T>, within: number): Promise<T> {
    if (this.hasPlaceFor(urgency)) this.running[urgency]++;
    else await this.waitForTurn(urgency, within);
    const begun = this.now();
    try {
      return await work();
    } finally {
      this.isSlow = this.now() - begun > SLOW;
      this.running[urgency]--;
      this.beginNext();
    }
  }

  private hasPlaceFor(urgency: Urgency): boolean {
    const { urgent, bulk } = this.running;
    const most = this.isSlow ? Math.ceil(this.most / 2) : this.most;
    return urgent + bulk < most && (urgency === 'urgent' || bulk < this.mostBulk);
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
