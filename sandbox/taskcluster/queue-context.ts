import type { Clock } from '@bbb/rules';
import { DueList } from './due-list.js';
import { Announcer, type Publish } from './pulse-messages.js';
import { notFound } from './refusal.js';
import { QUEUE_DEFAULTS, type QueueSettings } from './settings.js';
import { isOpen, latestRun, type RunRecord, type TaskRecord } from './task-record.js';

export interface QueueStateOptions {
  clock: Clock;
  publish?: Publish;
  settings?: Partial<QueueSettings>;
  /** Task queues that had tasks once. */
  knownTaskQueues?: readonly string[];
}

/** A promise to look at a run's claim when it ends. One is left behind even by a claim that is refused. */
export interface ClaimRecord {
  taskId: string;
  runId: number;
  takenUntil: number;
}

/** What the parts of the queue share: its tasks, its time, its voice and what falls due. Times in milliseconds. */
export class QueueContext {
  readonly settings: QueueSettings;
  readonly announce: Announcer;
  readonly knownTaskQueues: ReadonlySet<string>;
  readonly tasks = new Map<string, TaskRecord>();
  /** Tasks that are unscheduled, pending or running. */
  readonly open = new Set<TaskRecord>();
  /** Tasks that wait for a task, by its id. */
  readonly dependents = new Map<string, Set<TaskRecord>>();
  readonly claims = new DueList<ClaimRecord>();
  readonly deadlines = new DueList<TaskRecord>();
  private readonly clock: Clock;
  private sequence = 0;

  constructor(options: QueueStateOptions) {
    this.clock = options.clock;
    this.settings = { ...QUEUE_DEFAULTS, ...options.settings };
    this.knownTaskQueues = new Set(options.knownTaskQueues);
    this.announce = new Announcer(options.publish ?? (() => undefined));
  }

  now(): number {
    return Math.round(this.clock.now() * 1000);
  }

  find(taskId: string): TaskRecord | undefined {
    const task = this.tasks.get(taskId);
    if (!task || task.expires > this.now()) return task;
    this.tasks.delete(taskId);
    this.open.delete(task);
    return undefined;
  }

  /** @throws QueueRefusal 404 */
  get(taskId: string): TaskRecord {
    const task = this.find(taskId);
    if (!task) throw notFound(`Task \`${taskId}\``);
    return task;
  }

  /** @throws QueueRefusal 404 */
  getRun(taskId: string, runId: number): { task: TaskRecord; run: RunRecord } {
    const task = this.get(taskId);
    const run = task.runs[runId];
    if (!run) throw notFound(`Run ${runId} of task \`${taskId}\``);
    return { task, run };
  }

  add(task: Omit<TaskRecord, 'sequence'>): TaskRecord {
    const record = { ...task, sequence: ++this.sequence };
    this.tasks.set(task.taskId, record);
    this.open.add(record);
    return record;
  }

  isLatest(task: TaskRecord, run: RunRecord): boolean {
    return latestRun(task) === run;
  }

  /** Makes a new pending run, without announcing it. */
  schedule(task: TaskRecord, reasonCreated: string): number {
    task.runs.push({ state: 'pending', reasonCreated, scheduled: this.now() });
    task.sequence = ++this.sequence;
    this.open.add(task);
    return task.runs.length - 1;
  }

  /** Ends a run; a new run follows if the reason allows it and the task has retries left. Announces nothing. */
  resolve(
    task: TaskRecord,
    run: RunRecord,
    state: 'completed' | 'failed' | 'exception',
    reason: string,
  ): void {
    run.state = state;
    run.reasonResolved = reason;
    run.resolved = this.now();
    const retry = RETRIED[reason];
    if (retry !== undefined && task.retriesLeft > 0) {
      task.retriesLeft -= 1;
      this.schedule(task, retry);
    }
    if (!isOpen(task)) {
      this.open.delete(task);
      this.releaseDependents(task);
    }
  }

  private releaseDependents(resolved: TaskRecord): void {
    for (const dependent of this.dependents.get(resolved.taskId) ?? []) {
      if (dependent.runs.length > 0 || !this.hasAllItNeeds(dependent)) continue;
      this.announce.pending(dependent, this.schedule(dependent, 'scheduled'));
    }
  }

  /** Whether a task's dependencies let it run: a task that depends on itself waits for ever. */
  hasAllItNeeds(task: TaskRecord): boolean {
    return task.definition.dependencies.every((taskId) => {
      const dependency = this.tasks.get(taskId);
      if (!dependency || isOpen(dependency)) return false;
      return task.definition.requires === 'all-resolved' || latestRun(dependency)?.state === 'completed';
    });
  }
}

/** Reasons that lead to a new run, and what that run says why it was made. */
const RETRIED: Record<string, string> = {
  'worker-shutdown': 'retry',
  'claim-expired': 'retry',
  'intermittent-task': 'task-retry',
};
