import { ArtifactBook, type ArtifactInput, type ArtifactRecord } from './artifact-book.js';
import { QueueContext, type QueueStateOptions } from './queue-context.js';
import { resolveExpiredClaims, resolvePassedDeadlines } from './resolvers.js';
import { RunTransitions } from './run-transitions.js';
import type { TaskInput } from './task-definition.js';
import { latestRun, statusOf, type TaskRecord } from './task-record.js';
import { TaskTransitions } from './task-transitions.js';
import {
  isoTime,
  type WireClaim,
  type WireCredentials,
  type WireStatus,
  type WireTask,
  type Worker,
} from './wire.js';

/** A page of a list; `limit` is at most 1000. */
export interface PageRequest {
  limit?: number;
  continuationToken?: string;
}

export interface PendingItem {
  taskId: string;
  runId: number;
  task: WireTask;
  inserted: string;
}

export interface ClaimedItem extends Worker {
  taskId: string;
  runId: number;
  claimed: string;
  task: WireTask;
}

export interface Page<T> {
  items: T[];
  continuationToken?: string;
}

/**
 * Taskcluster's queue as a synchronous state machine: no I/O, no timer, the clock is a parameter. Methods answer what the
 * API of version 106 answers, throw {@link QueueRefusal} where it refuses, and publish what it publishes, duplicates
 * included. Nothing falls due by itself: call {@link tick} after moving the clock.
 */
export class QueueState {
  /** `workerGroup/workerId` of quarantined workers. */
  readonly quarantined: Set<string>;
  /** Temporary credentials that were handed out with claims. */
  readonly issued: WireCredentials[] = [];
  private readonly context: QueueContext;
  private readonly runs: RunTransitions;
  private readonly tasksOf: TaskTransitions;
  private readonly artifacts: ArtifactBook;

  constructor(options: QueueStateOptions) {
    this.context = new QueueContext(options);
    this.runs = new RunTransitions(this.context);
    this.tasksOf = new TaskTransitions(this.context);
    this.artifacts = new ArtifactBook(this.context);
    this.quarantined = this.runs.quarantined;
  }

  get settings() {
    return this.context.settings;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.context.now();
  }

  /** Resolves what fell due: claims first, then deadlines, as two services that poll would. */
  tick(): void {
    resolveExpiredClaims(this.context);
    resolvePassedDeadlines(this.context);
  }

  /** Epoch milliseconds of the next moment at which {@link tick} may have something to do. */
  get nextDue(): number | undefined {
    const { claims, deadlines } = this.context;
    if (claims.next === undefined) return deadlines.next;
    return deadlines.next === undefined ? claims.next : Math.min(claims.next, deadlines.next);
  }

  createTask(taskId: string, input: TaskInput): WireStatus {
    return this.tasksOf.create(taskId, input);
  }

  task(taskId: string): WireTask {
    return this.context.get(taskId).definition;
  }

  status(taskId: string): WireStatus {
    return statusOf(this.context.get(taskId));
  }

  /** Unknown tasks are left out. */
  tasks(taskIds: readonly string[], page: PageRequest = {}): Page<{ taskId: string; task: WireTask }> {
    return this.batch(taskIds, page, (task) => ({ taskId: task.taskId, task: task.definition }));
  }

  /** Unknown tasks are left out. */
  statuses(taskIds: readonly string[], page: PageRequest = {}): Page<{ taskId: string; status: WireStatus }> {
    return this.batch(taskIds, page, (task) => ({ taskId: task.taskId, status: statusOf(task) }));
  }

  listPending(taskQueueId: string, page: PageRequest = {}): Page<PendingItem> {
    return this.listed(taskQueueId, 'pending', page, (task) => ({
      taskId: task.taskId,
      runId: task.runs.length - 1,
      task: task.definition,
      inserted: isoTime(latestRun(task)!.scheduled),
    }));
  }

  listClaimed(taskQueueId: string, page: PageRequest = {}): Page<ClaimedItem> {
    return this.listed(taskQueueId, 'running', page, (task) => {
      const run = latestRun(task)!;
      return {
        taskId: task.taskId,
        runId: task.runs.length - 1,
        workerGroup: run.workerGroup!,
        workerId: run.workerId!,
        claimed: isoTime(run.started!),
        task: task.definition,
      };
    });
  }

  /** Whether a task was ever created for a task queue. */
  knowsTaskQueue(taskQueueId: string): boolean {
    const { knownTaskQueues, tasks } = this.context;
    if (knownTaskQueues.has(taskQueueId)) return true;
    return [...tasks.values()].some(({ definition }) => definition.taskQueueId === taskQueueId);
  }

  claimTask(taskId: string, runId: number, worker: Worker): WireClaim {
    return this.runs.claim(taskId, runId, worker);
  }

  reclaimTask(taskId: string, runId: number): WireClaim {
    return this.runs.reclaim(taskId, runId);
  }

  reportCompleted(taskId: string, runId: number): WireStatus {
    return this.runs.report(taskId, runId, 'completed');
  }

  reportFailed(taskId: string, runId: number): WireStatus {
    return this.runs.report(taskId, runId, 'failed');
  }

  reportException(taskId: string, runId: number, reason: string): WireStatus {
    return this.runs.reportException(taskId, runId, reason);
  }

  cancelTask(taskId: string): WireStatus {
    return this.tasksOf.cancel(taskId);
  }

  rerunTask(taskId: string): WireStatus {
    return this.tasksOf.rerun(taskId);
  }

  createArtifact(taskId: string, runId: number, name: string, input: ArtifactInput): ArtifactRecord {
    return this.artifacts.create(taskId, runId, name, input);
  }

  finishArtifact(taskId: string, runId: number, name: string, uploadId: string): void {
    this.artifacts.finish(taskId, runId, name, uploadId);
  }

  artifact(taskId: string, runId: number, name: string): ArtifactRecord | undefined {
    return this.artifacts.find(taskId, runId, name);
  }

  artifactsOf(taskId: string, runId: number): ArtifactRecord[] {
    return this.artifacts.of(taskId, runId);
  }

  readableArtifacts(taskId: string, runId: number): ArtifactRecord[] {
    return this.artifacts.readable(taskId, runId);
  }

  private batch<T>(taskIds: readonly string[], page: PageRequest, item: (task: TaskRecord) => T): Page<T> {
    const from = Number(page.continuationToken ?? 0);
    const to = from + limitOf(page);
    const items = taskIds
      .slice(from, to)
      .map((taskId) => this.context.find(taskId))
      .filter((task) => task !== undefined)
      .map(item);
    return to < taskIds.length ? { items, continuationToken: String(to) } : { items };
  }

  private listed<T>(
    taskQueueId: string,
    state: 'pending' | 'running',
    page: PageRequest,
    item: (task: TaskRecord) => T,
  ): Page<T> {
    const after = Number(page.continuationToken ?? 0);
    const found = [...this.context.open]
      .filter((task) => task.definition.taskQueueId === taskQueueId && latestRun(task)?.state === state)
      .filter((task) => task.sequence > after)
      .sort((a, b) => a.sequence - b.sequence);
    const shown = found.slice(0, limitOf(page));
    const items = shown.map(item);
    return found.length > shown.length
      ? { items, continuationToken: String(shown[shown.length - 1]!.sequence) }
      : { items };
  }
}

const limitOf = (page: PageRequest) => Math.max(1, Math.min(1000, page.limit ?? 1000));
