import {
  type Artifact,
  type Claim,
  type ReasonResolved,
  Refused,
  type Resolution,
  type Run,
  type TaskDefinition,
  type TaskStatus,
  Unavailable,
} from '@bbb/rules';

export interface Worker {
  workerGroup: string;
  workerId: string;
}

export const OURS: Worker = { workerGroup: 'buildbot-bridge', workerId: 'bridge-1' };

const CLAIM_SECONDS = 1200;
const DEADLINE_RESOLVER_DELAY = 60;
const ARTIFACT_SECONDS_AFTER_EXCEPTION = 25 * 60;
const MAX_RUNS = 50;
const RETRIED: readonly ReasonResolved[] = ['worker-shutdown', 'intermittent-task', 'claim-expired'];

export interface NewTask {
  taskId: string;
  definition: TaskDefinition;
  deadline: number;
  retries: number;
}

interface MemoryRun extends Run {
  resolvedAt?: number;
  artifacts: Map<string, Artifact>;
}

/** One task of Taskcluster's queue. */
export class MemoryTask {
  readonly definition: TaskDefinition;
  readonly runs: MemoryRun[] = [];
  retriesLeft: number;

  constructor(
    private readonly task: NewTask,
    now: number,
  ) {
    this.definition = task.definition;
    this.retriesLeft = task.retries;
    this.#newRun('scheduled', now);
  }

  status(): TaskStatus {
    return {
      taskId: this.task.taskId,
      taskQueueId: this.definition.taskQueueId,
      state: this.#latest.state,
      deadline: this.task.deadline,
      retriesLeft: this.retriesLeft,
      runs: this.runs.map(({ artifacts: _artifacts, resolvedAt: _resolvedAt, ...run }) => run),
    };
  }

  /** Reasons for which the runs were resolved, or the states of those that were not. */
  get story(): string[] {
    return this.runs.map(({ reasonResolved, state }) => reasonResolved ?? state);
  }

  claim(runId: number, worker: Worker, now: number): Claim {
    const run = this.#run(runId);
    this.#beforeDeadline(now);
    const isOurs =
      run.state === 'running' && run.workerGroup === worker.workerGroup && run.workerId === worker.workerId;
    if (isOurs) return { takenUntil: run.takenUntil ?? 0, status: this.status() };
    if (run.state !== 'pending' || run !== this.#latest) throw conflict('already claimed by another worker');
    Object.assign(run, { state: 'running', takenUntil: now + CLAIM_SECONDS, ...worker });
    return { takenUntil: now + CLAIM_SECONDS, status: this.status() };
  }

  reclaim(runId: number, now: number): Claim {
    const run = this.#run(runId);
    this.#beforeDeadline(now);
    if (run.state === 'pending') throw new Unavailable('taskcluster', 'internal server error');
    this.#ours(run);
    run.takenUntil = now + CLAIM_SECONDS;
    return { takenUntil: run.takenUntil, status: this.status() };
  }

  report(runId: number, resolution: Resolution, now: number): TaskStatus {
    const run = this.#run(runId);
    const reason = resolution.report === 'exception' ? resolution.reason : resolution.report;
    const later = this.runs.length - 1 - runId;
    if (run.reasonResolved === reason && later <= (resolution.report === 'exception' ? 1 : 0))
      return this.status();
    this.#ours(run);
    this.#resolve(run, reason, now);
    return this.status();
  }

  cancel(now: number): TaskStatus {
    this.#beforeDeadline(now);
    if (isLive(this.#latest)) this.#resolve(this.#latest, 'canceled', now);
    return this.status();
  }

  rerun(now: number): TaskStatus {
    this.#beforeDeadline(now);
    if (isLive(this.#latest)) return this.status();
    if (this.runs.length >= MAX_RUNS) throw conflict('too many runs');
    this.retriesLeft = Math.min(this.task.retries, MAX_RUNS - this.runs.length - 1);
    this.#newRun('rerun', now);
    return this.status();
  }

  attach(runId: number, artifact: Artifact, now: number): void {
    const run = this.runs[runId];
    if (!run || run.takenUntil === undefined)
      throw new Refused('taskcluster', 400, 'InputError', 'no claimed run');
    const inTime =
      run.state === 'exception' && now < (run.resolvedAt ?? 0) + ARTIFACT_SECONDS_AFTER_EXCEPTION;
    if (run.state !== 'running' && !inTime) throw conflict('the run is resolved');
    const earlier = run.artifacts.get(artifact.name);
    if (earlier && earlier.kind !== artifact.kind) throw conflict('another artifact has this name');
    run.artifacts.set(artifact.name, artifact);
  }

  /** What the claim resolver and the deadline resolver do when they next look. */
  expire(now: number): void {
    const run = this.#latest;
    if (!isLive(run)) return;
    if (now >= this.task.deadline + DEADLINE_RESOLVER_DELAY) this.#resolve(run, 'deadline-exceeded', now);
    else if (run.state === 'running' && now >= (run.takenUntil ?? 0) && now < this.task.deadline)
      this.#resolve(run, 'claim-expired', now);
  }

  #resolve(run: MemoryRun, reason: ReasonResolved, now: number): void {
    const state = reason === 'completed' || reason === 'failed' ? reason : 'exception';
    Object.assign(run, { state, reasonResolved: reason, resolvedAt: now });
    if (!RETRIED.includes(reason) || this.retriesLeft === 0) return;
    this.retriesLeft--;
    this.#newRun('retry', now);
  }

  #newRun(reasonCreated: string, scheduled: number): void {
    this.runs.push({
      runId: this.runs.length,
      state: 'pending',
      reasonCreated,
      scheduled,
      artifacts: new Map(),
    });
  }

  get #latest(): MemoryRun {
    return this.#run(this.runs.length - 1);
  }

  #run(runId: number): MemoryRun {
    const run = this.runs[runId];
    if (!run) throw new Refused('taskcluster', 404, 'ResourceNotFound', 'no such run');
    return run;
  }

  #beforeDeadline(now: number): void {
    if (now >= this.task.deadline) throw conflict('the deadline has passed');
  }

  /** Only the worker that holds the latest run has its credentials. */
  #ours(run: MemoryRun): void {
    if (run.state !== 'running' || run !== this.#latest) throw conflict('the run is not running');
    if (run.workerGroup !== OURS.workerGroup || run.workerId !== OURS.workerId)
      throw conflict('held by another');
  }
}

function isLive({ state }: Run): boolean {
  return state === 'pending' || state === 'running';
}

function conflict(message: string): Refused {
  return new Refused('taskcluster', 409, 'RequestConflict', message);
}
