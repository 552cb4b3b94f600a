import {
  Refused,
  type Claim,
  type HeldClaim,
  type HeldRun,
  type Redaction,
  type RunRef,
  type TaskStatus,
} from '@bbb/rules';
import { SYSTEM } from './calls/answers.js';
import type { Budget } from './calls/attempts.js';
import { Grants, createKey } from './grants.js';
import { fitsHeader, type Credentials } from './calls/hawk.js';
import { readReply } from './replies.js';
import { TOO_LONG } from './scope-check.js';
import type { CallTerms, TaskclusterCalls } from './calls/taskcluster-calls.js';

export interface Worker {
  workerGroup: string;
  workerId: string;
}

/** The run is not held by this worker, according to the task's status. Equivalent to the queue's own 409. */
export class NotHeld extends Refused {
  constructor(readonly status409: TaskStatus) {
    super(SYSTEM, 409, 'RequestConflict', 'the run is not running under our worker');
  }
}

/**
 * Claims runs, and makes calls for the runs that this worker holds: with the credentials that the claim granted, or with
 * the bridge's own if so configured.
 */
export class HeldRuns {
  readonly grants = new Grants();
  private readonly fetches = new Map<string, Promise<Credentials | undefined>>();

  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly worker: Worker,
    private readonly kind: 'temporary' | 'permanent',
    private readonly redaction?: Redaction,
  ) {}

  /** Whether a call for a run needs no claim before it. */
  holds(run: RunRef): boolean {
    if (this.kind === 'permanent') return true;
    const grant = this.grants.get(run);
    return grant !== undefined && (grant.isTooLong === true || grant.credentials !== undefined);
  }

  /** The runs whose claims granted credentials to this process, each with the end of its claim. */
  listHeld(): HeldClaim[] {
    if (this.kind === 'permanent') return [];
    return this.grants.entries().map(([run, { takenUntil = 0 }]) => ({ ...run, takenUntil }));
  }

  /** Forgets the credentials of runs that a status shows as ended. */
  forgetEnded({ taskId, runs }: TaskStatus): void {
    for (const { runId, state } of runs)
      if (state !== 'pending' && state !== 'running') this.grants.forget({ taskId, runId });
  }

  async claim(run: RunRef, budget: Budget): Promise<Claim> {
    return this.requestClaim('claimTask', run, { budget }, this.worker);
  }

  async reclaim(run: HeldRun, budget: Budget): Promise<Claim> {
    return this.actAsWorker(run, budget, (terms) => this.requestClaim('reclaimTask', run, terms));
  }

  /**
   * Makes a call that only the holder of the run may make. Expired credentials are replaced once by claiming again, which
   * succeeds while this worker holds the run.
   *
   * @throws NotHeld when we have no credentials for the run and it is not running under our worker
   */
  async actAsWorker<T>(run: HeldRun, budget: Budget, work: (terms: CallTerms) => Promise<T>): Promise<T> {
    if (this.kind === 'permanent') return work({ budget });
    const grant = this.grants.get(run);
    if (grant?.isTooLong) return this.actAsBridge(budget, work);
    const kept = grant?.credentials;
    if (!kept) return this.actAfterClaiming(run, budget, work);
    try {
      return await work({ budget, credentials: kept });
    } catch (error) {
      if (!(error instanceof Refused && error.system === SYSTEM && error.status === 401)) throw error;
      this.grants.forget(run);
      return this.actAfterClaiming(run, budget, work);
    }
  }

  private async actAfterClaiming<T>(
    run: HeldRun,
    budget: Budget,
    work: (terms: CallTerms) => Promise<T>,
  ): Promise<T> {
    const credentials = await this.fetchCredentials(run, budget);
    return credentials ? work({ budget, credentials }) : this.actAsBridge(budget, work);
  }

  /** Makes a call with the bridge's own credentials, because those of the run are too long for a header. */
  private async actAsBridge<T>(budget: Budget, work: (terms: CallTerms) => Promise<T>): Promise<T> {
    try {
      return await work({ budget });
    } catch (error) {
      if (!(error instanceof Refused && error.system === SYSTEM && error.status === 403)) throw error;
      throw new Refused(SYSTEM, 403, error.code, `${TOO_LONG}: ${error.message}`, { cause: error });
    }
  }

  /**
   * Gets new credentials of a run by claiming it again. Concurrent callers share one claim: the queue may refuse
   * concurrent claims of a run even to the worker that holds it.
   */
  private fetchCredentials(run: HeldRun, budget: Budget): Promise<Credentials | undefined> {
    const key = createKey(run);
    const underWay = this.fetches.get(key);
    if (underWay) return underWay;
    const fetching = this.claimAgain(run, budget).finally(() => this.fetches.delete(key));
    this.fetches.set(key, fetching);
    return fetching;
  }

  /** Checks that the run is held first: claiming a pending run only for its credentials would start it. */
  private async claimAgain(run: HeldRun, budget: Budget): Promise<Credentials | undefined> {
    if (!run.wasHeld) await this.assertHeld(run, budget);
    try {
      await this.claim(run, budget);
    } catch (error) {
      if (error instanceof Refused && !error.isConfiguration) await this.assertHeld(run, budget);
      throw error;
    }
    return this.grants.get(run)?.credentials;
  }

  private async assertHeld({ taskId, runId }: RunRef, budget: Budget): Promise<void> {
    const reply = await this.calls.call({ service: 'queue', method: 'status', params: [taskId] }, { budget });
    const status = readReply.status('status', reply);
    const { workerGroup, workerId } = this.worker;
    const run = status.runs[runId];
    const ours = run?.state === 'running' && run.workerGroup === workerGroup && run.workerId === workerId;
    if (!ours) throw new NotHeld(status);
  }

  private async requestClaim(
    method: 'claimTask' | 'reclaimTask',
    run: RunRef,
    terms: CallTerms,
    payload?: Worker,
  ): Promise<Claim> {
    const params = [run.taskId, run.runId];
    const reply = await this.calls.call({ service: 'queue', method, params, payload }, terms);
    const { takenUntil, status, credentials } = readReply.claim(method, reply);
    if (credentials) for (const secret of listSecrets(credentials)) this.redaction?.learn(secret);
    const temporary = this.kind === 'temporary' ? credentials : undefined;
    const isTooLong = temporary !== undefined && !fitsHeader(temporary);
    const usable = isTooLong ? undefined : temporary;
    this.grants.keep(run, { credentials: usable, isTooLong, takenUntil, expires: status.expires });
    return { takenUntil, status };
  }
}

/** The signature is learned rather than the certificate, because all certificates begin with the same text. */
function listSecrets({ accessToken, certificate }: Credentials): string[] {
  try {
    const { signature } = JSON.parse(certificate ?? '{}') as { signature?: unknown };
    return typeof signature === 'string' ? [accessToken, signature] : [accessToken];
  } catch {
    return [accessToken];
  }
}
