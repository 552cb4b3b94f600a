import { findExpectedMessage, type Observation } from '@bbb/rules';

/** Seconds for which an expectation that is not observed any more is remembered, at least; at most twice as long. */
const REMEMBERED = 600;

interface Expectation {
  message: string;
  /** Epoch seconds. */
  since: number;
}

/**
 * Remembers since when this process has expected messages of Buildbot, from one of its passes to the next that sees the task
 * again. A reflector that was restarted, or has not seen the task for a while, expects them anew.
 */
export class ExpectedMessages {
  private before = new Map<string, Expectation>();
  private current = new Map<string, Expectation>();
  private turnedAt: number | undefined;

  /**
   * A walk over tasks begins: what was not observed for long is forgotten.
   *
   * @param now epoch seconds
   */
  beginWalk(now: number): void {
    this.turnedAt ??= now;
    if (now - this.turnedAt < REMEMBERED) return;
    this.before = this.current;
    this.current = new Map();
    this.turnedAt = now;
  }

  /**
   * @param now epoch seconds
   * @returns for how many seconds the message has been expected that this observation lets expect; 0 when there is none
   */
  measureWait(taskId: string, observation: Observation, now: number): number {
    const message = findExpectedMessage(observation);
    if (message === undefined) {
      this.before.delete(taskId);
      this.current.delete(taskId);
      return 0;
    }
    const known = this.current.get(taskId) ?? this.before.get(taskId);
    const since = known?.message === message ? known.since : now;
    this.current.set(taskId, { message, since });
    return now - since;
  }
}
