import type { RunRef } from '@bbb/rules';
import type { Credentials } from './calls/hawk.js';

/** What is known of a run since it was claimed. */
export interface Grant {
  /** Of its worker; none where the bridge's own are used. */
  credentials?: Credentials | undefined;
  /** The run's credentials are too long to be sent, so the bridge's own are used. */
  isTooLong?: boolean;
  /** When its task expires, as Taskcluster wrote it. */
  expires?: string | undefined;
}

/**
 * What the claims of this process granted, in memory only: the credentials carry the whole authority of their task.
 * When there are too many, those that were not used for the longest time are forgotten; a repeated claim brings them
 * back.
 */
export class Grants {
  private readonly byRun = new Map<string, Grant>();

  constructor(private readonly capacity = 10_000) {}

  get(run: RunRef): Grant | undefined {
    const key = keyOf(run);
    const grant = this.byRun.get(key);
    if (grant) this.touch(key, grant);
    return grant;
  }

  keep(run: RunRef, grant: Grant): void {
    this.touch(keyOf(run), grant);
    if (this.byRun.size <= this.capacity) return;
    const [oldest] = this.byRun.keys();
    this.byRun.delete(oldest!);
  }

  forget(run: RunRef): void {
    this.byRun.delete(keyOf(run));
  }

  get size(): number {
    return this.byRun.size;
  }

  /** A map iterates in the order of insertion: the last used goes to its end. */
  private touch(key: string, grant: Grant): void {
    this.byRun.delete(key);
    this.byRun.set(key, grant);
  }
}

export const keyOf = ({ taskId, runId }: RunRef) => `${taskId}/${runId}`;
