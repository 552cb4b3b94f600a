import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import {
  TaskQueue,
  type Artifact,
  type Claim,
  type ListedRun,
  type Resolution,
  type RunRef,
  type TaskDefinition,
  type TaskStatus,
  type Telemetry,
} from '@bbb/bridge';
import { ArtifactAttachment } from './artifact-attachment.js';
import { HeldRuns, NotHeld } from './held-runs.js';
import type { TaskclusterOptions } from './options.js';
import { pages } from './pages.js';
import { readListItem, readReply } from './replies.js';
import { ifKnown, StatusReader } from './status-reader.js';
import { TaskclusterCalls } from './taskcluster-calls.js';

/**
 * The queue of a Taskcluster deployment. One call of a method ends within the options' `callDeadline`, retries
 * included; the lists have that long for each page.
 */
export class TaskclusterQueue extends TaskQueue implements OnApplicationShutdown {
  private readonly logger = new Logger('TaskclusterQueue');
  private readonly calls: TaskclusterCalls;
  private readonly runs: HeldRuns;
  private readonly artifacts: ArtifactAttachment;
  private readonly statusReader: StatusReader;
  private readonly taskQueueId: string;

  constructor(options: TaskclusterOptions, telemetry?: Telemetry) {
    super();
    const { workerGroup, workerId, provisionerId, workerType } = options;
    this.calls = new TaskclusterCalls(options, telemetry);
    this.runs = new HeldRuns(this.calls, { workerGroup, workerId }, options.runCredentials);
    this.artifacts = new ArtifactAttachment(this.calls, options.artifactStorage);
    this.statusReader = new StatusReader(this.calls);
    this.taskQueueId = `${provisionerId}/${workerType}`;
  }

  /** What was wrong with the last call: no answer, or bad credentials or scopes. Undefined when it was answered. */
  problem(): string | undefined {
    return this.calls.problem();
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Closes the connections. */
  close(): void {
    this.calls.close();
  }

  async status(taskId: string): Promise<TaskStatus | undefined> {
    return this.statusReader.one(taskId, this.calls.budget());
  }

  async statuses(taskIds: readonly string[]): Promise<Map<string, TaskStatus>> {
    return this.statusReader.many(taskIds, this.calls.budget());
  }

  async definition(taskId: string): Promise<TaskDefinition | undefined> {
    const terms = { budget: this.calls.budget() };
    return ifKnown(async () =>
      readReply.definition('task', await this.calls.queue('task', terms, (queue) => queue.task(taskId))),
    );
  }

  listPending(): AsyncIterable<ListedRun> {
    return this.listed('listPendingTasks');
  }

  listClaimed(): AsyncIterable<ListedRun> {
    return this.listed('listClaimedTasks');
  }

  async claim(run: RunRef): Promise<Claim> {
    return this.runs.claim(run, this.calls.budget());
  }

  async reclaim(run: RunRef): Promise<Claim> {
    return this.runs.reclaim(run, this.calls.budget());
  }

  async report(run: RunRef, resolution: Resolution): Promise<TaskStatus> {
    try {
      const status = await this.runs.acting(run, this.calls.budget(), async (terms) => {
        const method = METHOD[resolution.report];
        const { taskId, runId } = run;
        const reply = await this.calls.queue(method, terms, (queue) =>
          resolution.report === 'exception'
            ? queue.reportException(taskId, runId, { reason: resolution.reason })
            : queue[METHOD[resolution.report]](taskId, runId),
        );
        return readReply.status(method, reply);
      });
      this.runs.credentials.forget(run);
      return status;
    } catch (error) {
      // Reported before, and the credentials are gone with it: the same report again succeeds.
      if (error instanceof NotHeld && tells(error.status409, run, resolution)) return error.status409;
      throw error;
    }
  }

  async cancel(taskId: string): Promise<TaskStatus> {
    const terms = { budget: this.calls.budget() };
    const reply = await this.calls.queue('cancelTask', terms, (queue) => queue.cancelTask(taskId));
    return readReply.status('cancelTask', reply);
  }

  async rerun(taskId: string): Promise<TaskStatus> {
    const terms = { budget: this.calls.budget() };
    const reply = await this.calls.queue('rerunTask', terms, (queue) => queue.rerunTask(taskId));
    return readReply.status('rerunTask', reply);
  }

  async attach(run: RunRef, artifact: Artifact): Promise<void> {
    const budget = this.calls.budget();
    return this.runs.acting(run, budget, (terms) => this.artifacts.attach(run, artifact, terms));
  }

  private async *listed(method: 'listPendingTasks' | 'listClaimedTasks'): AsyncGenerator<ListedRun> {
    for await (const reply of pages(
      method,
      (page) =>
        this.calls.queue(method, { budget: this.calls.budget() }, (queue) =>
          queue[method](this.taskQueueId, page),
        ),
      readReply.list,
    )) {
      for (const item of reply.tasks) {
        const run = readListItem(item);
        if (run) yield run;
        else this.logger.warn({ method }, 'a listed task is of no use and left out');
      }
    }
  }
}

const METHOD = {
  completed: 'reportCompleted',
  failed: 'reportFailed',
  exception: 'reportException',
} as const satisfies Record<Resolution['report'], string>;

/** Whether the run ended just as a report would have it, by the queue's rule for repeated reports. */
function tells(status: TaskStatus, { runId }: RunRef, resolution: Resolution): boolean {
  const run = status.runs[runId];
  const later = status.runs.length - 1 - runId;
  if (resolution.report !== 'exception') return later === 0 && run?.state === resolution.report;
  return later <= 1 && run?.state === 'exception' && run.reasonResolved === resolution.reason;
}
