import type { QueueContext } from './queue-context.js';
import { conflict, notFound, QueueRefusal } from './refusal.js';
import { isOpen, statusOf, type RunRecord, type TaskRecord } from './task-record.js';
import { databaseTime, isoTime, type WireClaim, type WireStatus, type Worker } from './wire.js';

const EXCEPTION_REASONS = [
  'worker-shutdown',
  'malformed-payload',
  'resource-unavailable',
  'internal-error',
  'intermittent-task',
];

/** What a worker does to a run: claim, reclaim, report. Every method answers as Taskcluster 106 does. */
export class RunTransitions {
  /** `workerGroup/workerId` of quarantined workers, whose claims fail with 500. */
  readonly quarantined = new Set<string>();

  constructor(private readonly queue: QueueContext) {}

  claim(taskId: string, runId: number, worker: Worker): WireClaim {
    const { queue } = this;
    const task = queue.get(taskId);
    if (task.deadline <= queue.now()) throw conflict(`Task \`${taskId}\` can't be claimed past its deadline`);
    if (this.quarantined.has(`${worker.workerGroup}/${worker.workerId}`)) {
      throw new QueueRefusal('InternalServerError', 'Internal Server Error, incidentId unknown');
    }
    const run = task.runs[runId];
    if (!run) throw notFound(`Run ${runId} of task \`${taskId}\``);

    const takenUntil = this.promiseToLook(taskId, runId);
    if (!queue.isLatest(task, run) || !this.mayClaim(run, worker)) {
      throw conflict(`Run ${runId} was already claimed by another worker.`);
    }
    if (run.state === 'pending') {
      Object.assign(run, { state: 'running', ...worker, takenUntil, started: queue.now() });
    }
    queue.announce.running(task, runId);
    return {
      status: statusOf(task),
      runId,
      ...worker,
      takenUntil: databaseTime(run.takenUntil!),
      task: task.definition,
    };
  }

  reclaim(taskId: string, runId: number): WireClaim {
    const { queue } = this;
    const { task, run } = queue.getRun(taskId, runId);
    if (task.deadline <= queue.now())
      throw conflict(`Task \`${taskId}\` can't be reclaimed past its deadline`);
    if (run.state === 'pending') {
      throw new QueueRefusal('InternalServerError', 'Internal Server Error, incidentId unknown');
    }
    const takenUntil = this.promiseToLook(taskId, runId);
    if (!queue.isLatest(task, run) || run.state !== 'running') throw this.notRunning(taskId, runId);
    run.takenUntil = takenUntil;
    return {
      status: statusOf(task),
      runId,
      workerGroup: run.workerGroup!,
      workerId: run.workerId!,
      takenUntil: isoTime(takenUntil),
    };
  }

  report(taskId: string, runId: number, outcome: 'completed' | 'failed'): WireStatus {
    const { queue } = this;
    const { task, run } = queue.getRun(taskId, runId);
    if (!queue.isLatest(task, run)) throw this.notRunning(taskId, runId);
    if (run.state === 'running') queue.resolve(task, run, outcome, outcome);
    if (run.state !== outcome) throw this.notRunning(taskId, runId);
    queue.announce.resolved(task, runId, outcome);
    return statusOf(task);
  }

  reportException(taskId: string, runId: number, reason: string): WireStatus {
    const { queue } = this;
    if (!EXCEPTION_REASONS.includes(reason)) {
      throw new QueueRefusal('InputValidationError', 'Schema validation failed: reason');
    }
    const { task, run } = queue.getRun(taskId, runId);
    if (queue.isLatest(task, run) && run.state === 'running') queue.resolve(task, run, 'exception', reason);
    if (!stillTells(task, runId, reason)) throw this.notRunning(taskId, runId);
    announceException(queue, task, runId);
    return statusOf(task);
  }

  private mayClaim(run: RunRecord, worker: Worker): boolean {
    if (run.state === 'pending') return true;
    return (
      run.state === 'running' && run.workerGroup === worker.workerGroup && run.workerId === worker.workerId
    );
  }

  /** Leaves a claim record, as the queue does before it knows whether the claim will be granted. */
  private promiseToLook(taskId: string, runId: number): number {
    const takenUntil = this.queue.now() + this.queue.settings.claimTimeout * 1000;
    this.queue.claims.add(takenUntil, { taskId, runId, takenUntil });
    return takenUntil;
  }

  private notRunning(taskId: string, runId: number): QueueRefusal {
    return conflict(`Run ${runId} on task \`${taskId}\` is resolved or not running.`);
  }
}

/** Whether run N ended with this reason, and at most run N+1 came after it. */
export function stillTells(task: TaskRecord, runId: number, reason: string): boolean {
  const run = task.runs[runId];
  return run?.state === 'exception' && run.reasonResolved === reason && task.runs.length - 1 <= runId + 1;
}

/** Announces a run's exception, and the run that was made after it while that is pending. */
export function announceException(queue: QueueContext, task: TaskRecord, runId: number): void {
  queue.announce.exception(task, runId);
  if (isOpen(task) && task.runs[runId + 1]?.state === 'pending') queue.announce.pending(task, runId + 1);
}
