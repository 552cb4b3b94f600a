import {
  type Artifact,
  type Claim,
  type ListedRun,
  Refused,
  type Resolution,
  type RunRef,
  TaskQueue,
  type TaskDefinition,
  type TaskStatus,
} from '@bbb/rules';
import type { Effects } from './effects.js';
import { MemoryTask, OURS, type NewTask, type Worker } from './memory-task.js';

/** Taskcluster's queue in memory, with the answers of version 106; time passes in `tick`. */
export class MemoryQueue extends TaskQueue {
  readonly tasks = new Map<string, MemoryTask>();

  constructor(
    private readonly effects: Effects,
    private readonly now: () => number,
  ) {
    super();
  }

  status(taskId: string): Promise<TaskStatus | undefined> {
    return this.effects.read('queue.status', () => this.tasks.get(taskId)?.status());
  }

  statuses(taskIds: readonly string[]): Promise<Map<string, TaskStatus>> {
    return this.effects.read('queue.statuses', () => {
      const known = taskIds.flatMap((taskId) => this.tasks.get(taskId)?.status() ?? []);
      return new Map(known.map((status) => [status.taskId, status]));
    });
  }

  definition(taskId: string): Promise<TaskDefinition | undefined> {
    return this.effects.read('queue.definition', () => this.tasks.get(taskId)?.definition);
  }

  listPending(): AsyncIterable<ListedRun> {
    return this.#list('pending');
  }

  listClaimed(): AsyncIterable<ListedRun> {
    return this.#list('running');
  }

  claim({ taskId, runId }: RunRef): Promise<Claim> {
    return this.effects.effect('queue.claim', () => this.#known(taskId).claim(runId, OURS, this.now()));
  }

  reclaim({ taskId, runId }: RunRef): Promise<Claim> {
    return this.effects.effect('queue.reclaim', () => this.#known(taskId).reclaim(runId, this.now()));
  }

  report({ taskId, runId }: RunRef, resolution: Resolution): Promise<TaskStatus> {
    return this.effects.effect(`queue.report`, () =>
      this.#known(taskId).report(runId, resolution, this.now()),
    );
  }

  cancel(taskId: string): Promise<TaskStatus> {
    return this.effects.effect('queue.cancel', () => this.#known(taskId).cancel(this.now()));
  }

  rerun(taskId: string): Promise<TaskStatus> {
    return this.effects.effect('queue.rerun', () => this.#known(taskId).rerun(this.now()));
  }

  attach({ taskId, runId }: RunRef, artifact: Artifact): Promise<void> {
    return this.effects.effect('queue.attach', () => {
      const task = this.tasks.get(taskId);
      if (!task) throw new Refused('taskcluster', 400, 'InputError', 'no such task');
      task.attach(runId, artifact, this.now());
    });
  }

  add(task: NewTask): MemoryTask {
    const made = new MemoryTask(task, this.now());
    this.tasks.set(task.taskId, made);
    return made;
  }

  /** The queue's resolvers look for claims and deadlines that have passed. */
  tick(): void {
    for (const task of this.tasks.values()) task.expire(this.now());
  }

  /** Another worker claims the task's run. */
  claimAs(worker: Worker, { taskId, runId }: RunRef): void {
    this.#known(taskId).claim(runId, worker, this.now());
  }

  #known(taskId: string): MemoryTask {
    const task = this.tasks.get(taskId);
    if (!task) throw new Refused('taskcluster', 404, 'ResourceNotFound', 'no such task');
    return task;
  }

  async *#list(state: 'pending' | 'running'): AsyncIterable<ListedRun> {
    for (const [taskId, task] of [...this.tasks]) {
      const run = task.status().runs.at(-1);
      await this.effects.read(`queue.list`, () => undefined);
      if (run?.state === state) yield { taskId, runId: run.runId, definition: task.definition };
    }
  }
}
