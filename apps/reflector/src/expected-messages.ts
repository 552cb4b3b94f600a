import { findExpectedMessage, type Observation } from '@bbb/rules';

interface Expectation {
  message: string;
  /** Epoch seconds. */
  since: number;
}

/**
 * Remembers since when this process has expected messages of Buildbot, from one of its passes to the next. A reflector that
 * was restarted, or whose last pass was a while ago, expects them anew.
 */
export class ExpectedMessages {
  private before = new Map<string, Expectation>();
  private current = new Map<string, Expectation>();

  /** A pass begins: what it does not observe is forgotten at its end. */
  beginPass(): void {
    this.before = this.current;
    this.current = new Map();
  }

  /**
   * @param now epoch seconds
   * @returns for how many seconds the message has been expected that this observation lets expect; 0 when there is none
   */
  measureWait(taskId: string, observation: Observation, now: number): number {
    const message = findExpectedMessage(observation);
    if (message === undefined) return 0;
    const known = this.before.get(taskId);
    const since = known?.message === message ? known.since : now;
    this.current.set(taskId, { message, since });
    return now - since;
  }
}
