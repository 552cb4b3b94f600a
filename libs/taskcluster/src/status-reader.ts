import { Refused, type TaskStatus } from '@bbb/bridge';
import { NotOffered } from './answers.js';
import type { Budget } from './attempts.js';
import { pages } from './pages.js';
import { readReply } from './replies.js';
import type { TaskclusterCalls } from './taskcluster-calls.js';

/** Task ids in one request: the queue's page size. */
const BATCH = 1000;

/** Calls at a time where the deployment knows no batches. */
const SINGLE_CALLS = 10;

/** Reads statuses: one, or many with as few calls as the deployment allows. */
export class StatusReader {
  constructor(private readonly calls: TaskclusterCalls) {}

  /** Undefined when the queue does not know the task. */
  async one(taskId: string, budget: Budget): Promise<TaskStatus | undefined> {
    return ifKnown(async () =>
      readReply.status(
        'status',
        await this.calls.queue('status', { budget }, (queue) => queue.status(taskId)),
      ),
    );
  }

  async many(taskIds: readonly string[], budget: Budget): Promise<Map<string, TaskStatus>> {
    const wanted = [...new Set(taskIds)];
    const found = new Map<string, TaskStatus>();
    for (let at = 0; at < wanted.length; at += BATCH) {
      const batch = wanted.slice(at, at + BATCH);
      try {
        await this.together(batch, found, budget);
      } catch (error) {
        // Deployments older than the batch methods.
        const hasNoBatches =
          error instanceof NotOffered || (error instanceof Refused && error.status === 404);
        if (!hasNoBatches) throw error;
        await this.oneByOne(batch, found, budget);
      }
    }
    return found;
  }

  private async together(
    taskIds: readonly string[],
    found: Map<string, TaskStatus>,
    budget: Budget,
  ): Promise<void> {
    const ask = (page: { continuationToken?: string }) =>
      this.calls.queue('statuses', { budget }, (queue) => queue.statuses({ taskIds }, page));
    for await (const { statuses } of pages('statuses', ask, readReply.statuses)) {
      for (const { taskId, status } of statuses) found.set(taskId, status);
    }
  }

  private async oneByOne(
    taskIds: readonly string[],
    found: Map<string, TaskStatus>,
    budget: Budget,
  ): Promise<void> {
    const waiting = [...taskIds];
    const work = async () => {
      for (let taskId = waiting.shift(); taskId !== undefined; taskId = waiting.shift()) {
        const status = await this.one(taskId, budget);
        if (status) found.set(taskId, status);
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(SINGLE_CALLS, waiting.length) }, work));
    } finally {
      waiting.length = 0;
    }
  }
}

/** The answer, or undefined where the queue says 404. */
export async function ifKnown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}
