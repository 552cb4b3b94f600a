import { Refused, type Claim, type RunRef, type TaskStatus } from '@bbb/bridge';
import { SYSTEM } from './answers.js';
import type { Budget } from './attempts.js';
import { readReply } from './replies.js';
import { RunCredentials } from './run-credentials.js';
import type { CallTerms, TaskclusterCalls } from './taskcluster-calls.js';

export interface Worker {
  workerGroup: string;
  workerId: string;
}

/** The run is not ours to work on; its task's status tells why. Like the queue's own conflict, but looked up. */
export class NotHeld extends Refused {
  constructor(readonly status409: TaskStatus) {
    super(SYSTEM, 409, 'RequestConflict', 'the run is not running under our worker');
  }
}

/**
 * Claims runs, and acts for the runs that this worker holds: with the credentials that the claim granted, or with
 * our own where the deployment wants it so.
 */
export class HeldRuns {
  readonly credentials = new RunCredentials();

  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly worker: Worker,
    private readonly kind: 'temporary' | 'permanent',
  ) {}

  async claim(run: RunRef, budget: Budget): Promise<Claim> {
    const { taskId, runId } = run;
    return this.granted('claimTask', run, { budget }, (queue) => queue.claimTask(taskId, runId, this.worker));
  }

  async reclaim(run: RunRef, budget: Budget): Promise<Claim> {
    const { taskId, runId } = run;
    return this.acting(run, budget, (terms) =>
      this.granted('reclaimTask', run, terms, (queue) => queue.reclaimTask(taskId, runId)),
    );
  }

  /**
   * Does something that only the holder of the run may do. Credentials that expired are replaced once, by claiming
   * again, which succeeds while the run is ours.
   *
   * @throws NotHeld when we have no credentials for the run and it is not running under our worker
   */
  async acting<T>(run: RunRef, budget: Budget, work: (terms: CallTerms) => Promise<T>): Promise<T> {
    if (this.kind === 'permanent') return work({ budget });
    const kept = this.credentials.get(run);
    if (!kept) return work({ budget, credentials: await this.renewed(run, budget) });
    try {
      return await work({ budget, credentials: kept });
    } catch (error) {
      if (!(error instanceof Refused && error.system === SYSTEM && error.status === 401)) throw error;
      this.credentials.forget(run);
      return work({ budget, credentials: await this.renewed(run, budget) });
    }
  }

  private async renewed(run: RunRef, budget: Budget) {
    await this.mustBeOurs(run, budget);
    await this.claim(run, budget);
    return this.credentials.get(run);
  }

  /** Claiming a pending run would take it: renewing credentials must not do that. */
  private async mustBeOurs({ taskId, runId }: RunRef, budget: Budget): Promise<void> {
    const reply = await this.calls.queue('status', { budget }, (queue) => queue.status(taskId));
    const status = readReply.status('status', reply);
    const { workerGroup, workerId } = this.worker;
    const run = status.runs[runId];
    const ours = run?.state === 'running' && run.workerGroup === workerGroup && run.workerId === workerId;
    if (!ours) throw new NotHeld(status);
  }

  private async granted(
    method: 'claimTask' | 'reclaimTask',
    run: RunRef,
    terms: CallTerms,
    call: Parameters<TaskclusterCalls['queue']>[2],
  ): Promise<Claim> {
    const reply = readReply.claim(method, await this.calls.queue(method, terms, call));
    if (this.kind === 'temporary' && reply.credentials) this.credentials.keep(run, reply.credentials);
    return { takenUntil: reply.takenUntil, status: reply.status };
  }
}
