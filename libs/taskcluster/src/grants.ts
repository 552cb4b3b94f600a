import type { RunRef } from '@bbb/rules';
import type { Credentials } from './calls/hawk.js';

/** The data that a claim granted for a run. */
export interface Grant {
  /** Credentials of the run; undefined when the bridge's own are used. */
  credentials?: Credentials | undefined;
  /** Whether the run's credentials are too long for a header, so that the bridge's own are used. */
  isTooLong?: boolean;
  /** The end of the claim, epoch seconds. */
  takenUntil?: number | undefined;
  /** When its task expires, as Taskcluster wrote it. */
  expires?: string | undefined;
}

/**
 * Data granted by the claims of this process, in memory only, since the credentials carry the whole authority of their
 * task. At the maximum number the least recently used are forgotten; claiming again restores them.
 */
export class Grants {
  private readonly byRun = new Map<string, Grant>();

  constructor(private readonly capacity = 10_000) {}

  get(run: RunRef): Grant | undefined {
    const key = createKey(run);
    const grant = this.byRun.get(key);
    if (grant) this.touch(key, grant);
    return grant;
  }

  keep(run: RunRef, grant: Grant): void {
    this.touch(createKey(run), grant);
    if (this.byRun.size <= this.capacity) return;
    const [oldest] = this.byRun.keys();
    this.byRun.delete(oldest!);
  }

  forget(run: RunRef): void {
    this.byRun.delete(createKey(run));
  }

  /** All grants, each with its run. */
  entries(): [RunRef, Grant][] {
    return [...this.byRun].map(([key, grant]) => [readKey(key), grant]);
  }

  get size(): number {
    return this.byRun.size;
  }

  /** A map iterates in the order of insertion, so the most recently used is moved to its end. */
  private touch(key: string, grant: Grant): void {
    this.byRun.delete(key);
    this.byRun.set(key, grant);
  }
}

const readKey = (key: string): RunRef => {
  const [taskId, runId] = key.split('/') as [string, string];
  return { taskId, runId: Number(runId) };
};

export const createKey = ({ taskId, runId }: RunRef) => `${taskId}/${runId}`;
