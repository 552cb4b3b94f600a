import type { RunRef } from '@bbb/bridge';
import type { Credentials } from './taskcluster-calls.js';

/**
 * The temporary credentials of the runs this process holds, in memory only: they carry the whole authority of their
 * task. When there are too many, those that were not used for the longest time are forgotten; a repeated claim
 * brings them back.
 */
export class RunCredentials {
  private readonly byRun = new Map<string, Credentials>();

  constructor(private readonly capacity = 10_000) {}

  get(run: RunRef): Credentials | undefined {
    const key = keyOf(run);
    const credentials = this.byRun.get(key);
    if (credentials) this.touch(key, credentials);
    return credentials;
  }

  keep(run: RunRef, credentials: Credentials): void {
    this.touch(keyOf(run), credentials);
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
  private touch(key: string, credentials: Credentials): void {
    this.byRun.delete(key);
    this.byRun.set(key, credentials);
  }
}

const keyOf = ({ taskId, runId }: RunRef) => `${taskId}/${runId}`;
