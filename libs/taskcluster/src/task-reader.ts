import { Logger } from '@nestjs/common';
import DataLoader from 'dataloader';
import { Refused, Unavailable } from '@bbb/rules';
import { ForeignAnswer, MalformedReply, NotOffered, TooLarge } from './calls/answers.js';
import type { Budget } from './calls/attempts.js';
import { readPages } from './pages.js';
import type { AnswerSize, TaskclusterCalls } from './calls/taskcluster-calls.js';

/** Maximum task ids in one request: the queue's page size. */
const PAGE = 1000;

/** Maximum single reads in one batch, so that the first of them does not wait long for the answer. */
const BATCH = 100;

/** Number of parts into which a batch is split when its answer is too large. */
const PARTS = 4;

/** Single reads of {@link TaskReader.readMany} at the same time. */
const CONCURRENCY = 50;

/** How to read a kind of data of one task, and of many. */
export interface Reading<T> {
  one: {
    method: string;
    read: (method: string, reply: unknown) => T;
    /** Maximum single reads in one batch, if an answer may be large. */
    batch?: number;
  };
  many: {
    method: string;
    /** How large the answer may be. A batch with a larger one is read singly. */
    size?: AnswerSize;
    /** Malformed entries are left out; their number is returned. */
    read: (
      method: string,
      reply: unknown,
    ) => {
      items: { taskId: string; value: T }[];
      malformed: number;
      continuationToken?: string | undefined;
    };
  };
}

/** Result for a task: the value, undefined when the queue does not know the task, or the error of the read. */
type Outcome<T> = T | undefined | Error;

/** A batch has no answer about a task. */
const UNANSWERED = Symbol('unanswered');

/**
 * Reads data of one task, or of many with as few calls as the deployment allows. Single reads in the same turn of the event
 * loop are batched; nothing is cached.
 *
 * A batch answers with the tasks it knows. Any task missing from its answer is read alone: it counts as absent only when the
 * queue says so for that task alone, and a malformed or large entry does not affect the others.
 */
export class TaskReader<T> {
  private readonly logger = new Logger('TaskReader');
  private readonly loader: DataLoader<string, T | typeof UNANSWERED>;

  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly reading: Reading<T>,
  ) {
    this.loader = new DataLoader((taskIds) => this.readBatch([...new Set(taskIds)], taskIds), {
      cache: false,
      maxBatchSize: reading.one.batch ?? BATCH,
      batchScheduleFn: (ready) => setImmediate(ready),
    });
  }

  /** Undefined when the queue does not know the task. */
  async readOne(taskId: string): Promise<T | undefined> {
    const budget = this.calls.createBudget();
    const answered = await this.loader.load(taskId);
    if (answered !== UNANSWERED) return answered;
    // Outside the batch: the others in it do not wait for this one, which may be large.
    const outcome = await this.readAlone(taskId, budget);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  /**
   * Reads many tasks. Unknown tasks are missing from the map; a task that cannot be read has its error there.
   *
   * @throws Unavailable when Taskcluster gives no usable answer to the batch; Refused when the credentials do not suffice
   */
  async readMany(taskIds: readonly string[]): Promise<Map<string, T | Error>> {
    const budget = this.calls.createBudget();
    const wanted = [...new Set(taskIds)];
    const found = new Map<string, T | Error>();
    for (let at = 0; at < wanted.length; at += PAGE) {
      const outcomes = await this.readAll(wanted.slice(at, at + PAGE), budget);
      for (const [taskId, outcome] of outcomes) if (outcome !== undefined) found.set(taskId, outcome);
    }
    return found;
  }

  private async readBatch(
    distinct: readonly string[],
    taskIds: readonly string[],
  ): Promise<(T | typeof UNANSWERED)[]> {
    const values = new Map<string, T>();
    if (distinct.length > 1) await this.readTogether(distinct, values, this.calls.createBudget());
    return taskIds.map((taskId) => values.get(taskId) ?? UNANSWERED);
  }

  private async readAll(taskIds: readonly string[], budget: Budget): Promise<Map<string, Outcome<T>>> {
    const outcomes = new Map<string, Outcome<T>>();
    const isAnswered = taskIds.length > 1 && (await this.readTogether(taskIds, outcomes, budget));
    // After a batch without an answer, one task is read first to see whether Taskcluster answers at all.
    if (!isAnswered) await this.probe(taskIds, outcomes, budget);
    const left = taskIds.filter((taskId) => !outcomes.has(taskId));
    await this.readSingly(left, outcomes, budget);
    return outcomes;
  }

  private async probe(
    [taskId]: readonly string[],
    outcomes: Map<string, Outcome<T>>,
    budget: Budget,
  ): Promise<void> {
    if (taskId === undefined) return;
    const outcome = await this.readAlone(taskId, budget);
    const isItsOwn = !(outcome instanceof Unavailable) || outcome instanceof MalformedReply;
    if (!isItsOwn) throw outcome;
    outcomes.set(taskId, outcome);
  }

  /** Returns false when the deployment has no batch methods, or refuses this batch. */
  private async readTogether(
    taskIds: readonly string[],
    outcomes: Map<string, T | Outcome<T>>,
    budget: Budget,
  ): Promise<boolean> {
    try {
      await this.readPages(taskIds, outcomes, budget);
      return true;
    } catch (error) {
      if (error instanceof TooLarge) {
        if (!this.reading.many.size) await this.readInParts(taskIds, outcomes, budget);
        return true;
      }
      const isOfOne = error instanceof Refused && !error.isConfiguration;
      if (isOfOne || hasNoBatches(error)) return false;
      throw error;
    }
  }

  private async readPages(
    taskIds: readonly string[],
    outcomes: Map<string, Outcome<T>>,
    budget: Budget,
  ): Promise<void> {
    const { method, read, size } = this.reading.many;
    const asked = new Set(taskIds);
    const ask = (query: { continuationToken?: string }) =>
      this.calls.call(
        { service: 'queue', method, params: [], query, payload: { taskIds } },
        { budget, size },
      );
    for await (const { items, malformed } of readPages(method, ask, read)) {
      for (const { taskId, value } of items) if (asked.has(taskId)) outcomes.set(taskId, value);
      if (malformed > 0) {
        this.logger.warn({ method, malformed }, 'skipped malformed entries of a batch; reading each alone');
      }
    }
  }

  /** Reads one part after the other, so that only one large answer is in memory at a time. */
  private async readInParts(
    taskIds: readonly string[],
    outcomes: Map<string, Outcome<T>>,
    budget: Budget,
  ): Promise<void> {
    const size = Math.ceil(taskIds.length / PARTS);
    for (let at = 0; at < taskIds.length; at += size) {
      const part = taskIds.slice(at, at + size);
      // A part of one task is read alone afterwards, like every task that no batch answered.
      if (part.length > 1) await this.readTogether(part, outcomes, budget);
    }
  }

  private async readSingly(
    taskIds: readonly string[],
    outcomes: Map<string, Outcome<T>>,
    budget: Budget,
  ): Promise<void> {
    const queue = taskIds.values();
    const work = async () => {
      for (const taskId of queue) outcomes.set(taskId, await this.readAlone(taskId, budget));
    };
    await Promise.all(Array.from({ length: Math.min(taskIds.length, CONCURRENCY) }, work));
  }

  /** @throws Refused when the credentials do not suffice, which holds for all tasks */
  private async readAlone(taskId: string, budget: Budget): Promise<Outcome<T>> {
    const { method, read } = this.reading.one;
    try {
      return read(method, await this.calls.call({ service: 'queue', method, params: [taskId] }, { budget }));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return undefined;
      if (error instanceof Refused && error.isConfiguration) throw error;
      return error as Error;
    }
  }
}

/** Whether an error means that the deployment is older than the batch methods. */
function hasNoBatches(error: unknown): boolean {
  if (error instanceof NotOffered) return true;
  return (error instanceof Refused || error instanceof ForeignAnswer) && error.status === 404;
}
