import { Refused } from '@bbb/rules';
import type { TaskclusterCalls } from './calls/taskcluster-calls.js';

/** Milliseconds between two questions while the task queue is not known. */
const PAUSE = 60_000;

const UNKNOWN =
  'Taskcluster has never seen this task queue: no task was created for it and no worker has claimed from it; if that is ' +
  'not expected, check tclistener.provisioner_id and tclistener.worker_type';

/** Checks whether Taskcluster knows the task queue: a mistyped name would look like a queue without work. */
export class TaskQueueCheck {
  private askedAt: number | undefined;
  private last: string | undefined;

  /** @param taskQueueId undefined: nothing is checked */
  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly taskQueueId: string | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async findProblem(): Promise<string | undefined> {
    const isKnown = this.askedAt !== undefined && this.last === undefined;
    if (this.taskQueueId === undefined || isKnown) return undefined;
    if (this.askedAt !== undefined && this.now() - this.askedAt < PAUSE) return this.last;
    this.askedAt = this.now();
    this.last = await this.ask(this.taskQueueId);
    return this.last;
  }

  private async ask(taskQueueId: string): Promise<string | undefined> {
    try {
      const call = { service: 'queue', method: 'getTaskQueue', params: [taskQueueId] } as const;
      await this.calls.call(call, { budget: this.calls.createBudget(), retries: 0, isOptional: true });
      return undefined;
    } catch (error) {
      if (error instanceof Refused) return error.status === 404 ? UNKNOWN : undefined;
      // Another health check reports that Taskcluster is unavailable.
      this.askedAt = undefined;
      return this.last;
    }
  }
}
