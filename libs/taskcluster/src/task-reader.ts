import DataLoader from 'dataloader';
import { Refused } from '@bbb/rules';
import { NotOffered } from './answers.js';
import type { Budget } from './attempts.js';
import { pages } from './pages.js';
import type { TaskclusterCalls } from './taskcluster-calls.js';

/** Task ids in one request: the queue's page size. */
const PAGE = 1000;

/** Single questions that are put together; the answer should not keep the first of them waiting for long. */
const TOGETHER = 100;

/** How something is read of one task, and of many. */
export interface Reading<T> {
  one: { method: string; read: (method: string, reply: unknown) => T };
  many: {
    method: string;
    read: (
      method: string,
      reply: unknown,
    ) => { items: { taskId: string; value: T }[]; continuationToken?: string | undefined };
  };
}

/**
 * Reads something of tasks: of one, or of many with as few calls as the deployment allows. Single questions that come
 * up in the same turn of the event loop are asked together; nothing is remembered.
 */
export class TaskReader<T> {
  private readonly loader: DataLoader<string, T | undefined>;

  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly reading: Reading<T>,
  ) {
    this.loader = new DataLoader((taskIds) => this.each(taskIds), {
      cache: false,
      maxBatchSize: TOGETHER,
      batchScheduleFn: (ready) => setImmediate(ready),
    });
  }

  /** Undefined when the queue does not know the task. */
  one(taskId: string): Promise<T | undefined> {
    return this.loader.load(taskId);
  }

  /** Tasks that the queue does not know are missing. */
  async many(taskIds: readonly string[]): Promise<Map<string, T>> {
    const budget = this.calls.budget();
    const wanted = [...new Set(taskIds)];
    const found = new Map<string, T>();
    for (let at = 0; at < wanted.length; at += PAGE) {
      const page = wanted.slice(at, at + PAGE);
      try {
        await this.together(page, found, budget);
      } catch (error) {
        if (!hasNoBatches(error)) throw error;
        const singles = await this.singly(page, budget);
        singles.forEach((outcome, index) => {
          if (outcome instanceof Error) throw outcome;
          if (outcome !== undefined) found.set(page[index]!, outcome);
        });
      }
    }
    return found;
  }

  /** One answer for each, so that a task that cannot be asked about does not keep the others from theirs. */
  private async each(taskIds: readonly string[]): Promise<(T | undefined | Error)[]> {
    const budget = this.calls.budget();
    const wanted = [...new Set(taskIds)];
    if (wanted.length > 1) {
      try {
        const found = new Map<string, T>();
        await this.together(wanted, found, budget);
        return taskIds.map((taskId) => found.get(taskId));
      } catch (error) {
        const isOfOne = error instanceof Refused && !error.isConfiguration;
        if (!isOfOne && !hasNoBatches(error)) throw error;
      }
    }
    const outcomes = await this.singly(wanted, budget);
    return taskIds.map((taskId) => outcomes[wanted.indexOf(taskId)]);
  }

  private async together(taskIds: readonly string[], found: Map<string, T>, budget: Budget): Promise<void> {
    const { method, read } = this.reading.many;
    const ask = (query: { continuationToken?: string }) =>
      this.calls.call({ service: 'queue', method, params: [], query, payload: { taskIds } }, { budget });
    for await (const { items } of pages(method, ask, read)) {
      for (const { taskId, value } of items) found.set(taskId, value);
    }
  }

  private singly(taskIds: readonly string[], budget: Budget): Promise<(T | undefined | Error)[]> {
    return Promise.all(taskIds.map((taskId) => this.single(taskId, budget).catch((error: Error) => error)));
  }

  private async single(taskId: string, budget: Budget): Promise<T | undefined> {
    const { method, read } = this.reading.one;
    try {
      return read(method, await this.calls.call({ service: 'queue', method, params: [taskId] }, { budget }));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return undefined;
      throw error;
    }
  }
}

/** Deployments older than the batch methods. */
function hasNoBatches(error: unknown): boolean {
  return error instanceof NotOffered || (error instanceof Refused && error.status === 404);
}
