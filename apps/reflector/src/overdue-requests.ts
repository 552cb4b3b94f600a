import { isStuck, type RequestSnapshot, type TaskStatus, type TrackedTask, type Verdict } from '@bbb/rules';

interface ReconciledRow {
  row: TrackedTask;
  status?: TaskStatus | undefined;
  request?: RequestSnapshot | undefined;
}

/** States of a build request that is open. */
export const OPEN_STATES = ['waiting', 'building', 'finishing', 'requeued'] as const;

/**
 * Open build requests of tracked tasks as one pass found them, and those for which Buildbot has not done what it should
 * have done long ago.
 */
export class OverdueRequests {
  private readonly open = new Map<string, number>();
  private stuck = 0;
  private oldest = 0;

  /**
   * @param now epoch seconds
   * @param stuckGrace seconds after the end of a build from which its request is stuck
   */
  constructor(
    private readonly now: number,
    private readonly stuckGrace: number,
  ) {}

  /** Counts a row with what was read of it before it was reconciled, and the last verdict about it. */
  count({ row, status, request }: ReconciledRow, verdict: Verdict): void {
    if (request) this.open.set(request.state.at, this.countOpen(request.state.at) + 1);
    if (request && isStuck(request.state, this.stuckGrace, this.now)) this.stuck++;
    if (verdict !== 'cancel-request') return;
    // The request is cancelled because its run has ended, or because its task is missing.
    const since = status ? status.runs[row.runId]?.resolved : row.missingSince;
    this.oldest = Math.max(this.oldest, this.now - (since ?? this.now));
  }

  /** Requests in a state. */
  countOpen(state: RequestSnapshot['state']['at']): number {
    return this.open.get(state) ?? 0;
  }

  /** Requests that are stuck. */
  get stuckRequests(): number {
    return this.stuck;
  }

  /** Seconds since the oldest cancellation was first due that has not been carried out; 0 when there is none. */
  get cancellationAge(): number {
    return this.oldest;
  }
}
