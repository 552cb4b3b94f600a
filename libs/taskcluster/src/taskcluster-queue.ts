import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  Refused,
  TaskQueue,
  type Artifact,
  type Claim,
  type HeldClaim,
  type HeldRun,
  type ListedRun,
  type Redaction,
  type Resolution,
  type RunRef,
  type TaskDefinition,
  type TaskStatus,
  type Telemetry,
} from '@bbb/rules';
import { SYSTEM } from './calls/answers.js';
import { ArtifactAttachment } from './artifact-attachment.js';
import { HeldRuns, NotHeld } from './held-runs.js';
import type { TaskclusterOptions } from './options.js';
import { PageSize } from './page-size.js';
import { readPages } from './pages.js';
import { readListItem, readReply } from './replies.js';
import { type AnswerSize, TaskclusterCalls } from './calls/taskcluster-calls.js';
import { ScopeCheck } from './scope-check.js';
import { type Reading, TaskReader } from './task-reader.js';
import { TaskQueueCheck } from './task-queue-check.js';

/**
 * The queue of a Taskcluster deployment. One call of a method ends within the options' `callDeadline`, retries
 * included; for a list this holds for each page.
 */
export class TaskclusterQueue extends TaskQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('TaskclusterQueue');
  private readonly calls: TaskclusterCalls;
  private readonly runs: HeldRuns;
  private readonly artifacts: ArtifactAttachment;
  private readonly statusReader: TaskReader<TaskStatus>;
  private readonly definitionReader: TaskReader<TaskDefinition>;
  private readonly taskQueueId: string;
  private readonly taskQueue: TaskQueueCheck;
  /** Undefined where the credentials of runs are not used. */
  private readonly scopes: ScopeCheck | undefined;

  constructor(options: TaskclusterOptions, telemetry?: Telemetry, redaction?: Redaction) {
    super();
    const { workerGroup, workerId, provisionerId, workerType } = options;
    this.calls = new TaskclusterCalls(options, telemetry);
    this.runs = new HeldRuns(this.calls, { workerGroup, workerId }, options.runCredentials, redaction);
    this.artifacts = new ArtifactAttachment(this.calls, options.artifactStorage);
    this.statusReader = new TaskReader(this.calls, STATUS);
    this.definitionReader = new TaskReader(this.calls, DEFINITION);
    if (options.runCredentials === 'temporary')
      this.scopes = new ScopeCheck(this.calls, { workerGroup, workerId });
    this.taskQueueId = `${provisionerId}/${workerType}`;
    this.taskQueue = new TaskQueueCheck(this.calls, provisionerId === '' ? undefined : this.taskQueueId);
  }

  /**
   * The problem of the last call: no usable answer, or insufficient credentials or scopes; otherwise a problem of the clock.
   * Undefined when there is none.
   */
  findProblem(): string | undefined {
    return this.calls.findProblem() ?? this.scopes?.findProblem();
  }

  /**
   * Why the task queue may be the wrong one: Taskcluster has never seen a task or worker of it. Undefined when it has, when
   * it does not say, and when the service has no task queue. Asks until the task queue is known, at most once a minute.
   */
  async findTaskQueueProblem(): Promise<string | undefined> {
    return this.taskQueue.findProblem();
  }

  override readClockOffset(): number | undefined {
    return this.calls.clockOffset.seconds;
  }

  override holds(run: RunRef): boolean {
    return this.runs.holds(run);
  }

  override listHeldRuns(): HeldClaim[] {
    return this.runs.listHeld();
  }

  /** Reports a task queue that is probably wrong at once, and not only when somebody asks for the health. */
  onApplicationBootstrap(): void {
    void this.findTaskQueueProblem().then((problem) => {
      if (problem !== undefined) this.logger.warn({ taskQueueId: this.taskQueueId }, problem);
    });
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Closes the connections. */
  close(): void {
    this.calls.close();
  }

  async readStatus(taskId: string): Promise<TaskStatus | undefined> {
    const status = await this.statusReader.readOne(taskId);
    if (status) this.runs.forgetEnded(status);
    return status;
  }

  async readStatuses(taskIds: readonly string[]): Promise<Map<string, TaskStatus | Error>> {
    const statuses = await this.statusReader.readMany(taskIds);
    for (const status of statuses.values()) if (!(status instanceof Error)) this.runs.forgetEnded(status);
    return statuses;
  }

  async readDefinition(taskId: string): Promise<TaskDefinition | undefined> {
    return this.definitionReader.readOne(taskId);
  }

  listPending(): AsyncIterable<ListedRun> {
    return this.readList('listPendingTasks');
  }

  listClaimed(): AsyncIterable<ListedRun> {
    return this.readList('listClaimedTasks');
  }

  override async checkScopes(run: RunRef, scopes: readonly string[]): Promise<void> {
    await this.scopes?.check(run, scopes, this.calls.createBudget());
  }

  async claim(run: RunRef): Promise<Claim> {
    return this.runs.claim(run, this.calls.createBudget());
  }

  async reclaim(run: HeldRun): Promise<Claim> {
    return this.runs.reclaim(run, this.calls.createBudget());
  }

  async report(run: HeldRun, resolution: Resolution): Promise<TaskStatus> {
    try {
      const status = await this.runs.actAsWorker(run, this.calls.createBudget(), async (terms) => {
        const method = METHOD[resolution.report];
        const { taskId, runId } = run;
        const payload = resolution.report === 'exception' ? { reason: resolution.reason } : undefined;
        const call = { service: 'queue', method, params: [taskId, runId], payload } as const;
        return readReply.status(method, await this.calls.call(call, terms));
      });
      this.runs.grants.forget(run);
      return status;
    } catch (error) {
      // The run was reported before and its credentials were forgotten then; repeating the same report succeeds.
      if (error instanceof NotHeld && isReported(error.status409, run, resolution)) return error.status409;
      throw error;
    }
  }

  async cancel(taskId: string): Promise<TaskStatus> {
    return this.changeTask('cancelTask', taskId);
  }

  async rerun(taskId: string): Promise<TaskStatus> {
    return this.changeTask('rerunTask', taskId);
  }

  async attach(run: HeldRun, artifact: Artifact): Promise<void> {
    const budget = this.calls.createBudget();
    await this.runs.actAsWorker(run, budget, async (terms) => {
      const expires = artifact.expires ?? (await this.readExpiry(run));
      await this.artifacts.attach(run, { ...artifact, expires }, terms);
    });
  }

  /** The claim contains the expiry, and most runs were claimed by this process. */
  private async readExpiry(run: RunRef): Promise<string> {
    const expires = this.runs.grants.get(run)?.expires ?? (await this.readDefinition(run.taskId))?.expires;
    if (expires === undefined) throw new Refused(SYSTEM, 404, 'ResourceNotFound', 'the task is not known');
    return expires;
  }

  private async changeTask(method: 'cancelTask' | 'rerunTask', taskId: string): Promise<TaskStatus> {
    const terms = { budget: this.calls.createBudget() };
    const reply = await this.calls.call({ service: 'queue', method, params: [taskId] }, terms);
    return readReply.status(method, reply);
  }

  private async *readList(method: 'listPendingTasks' | 'listClaimedTasks'): AsyncGenerator<ListedRun> {
    const params = [this.taskQueueId];
    const size = new PageSize();
    const ask = (page: { continuationToken?: string }) =>
      size.request((limit) => {
        const query = { ...page, limit: String(limit) };
        const terms = { budget: this.calls.createBudget(), size: limit === 1 ? ONE_ENTRY : LIST };
        return this.calls.call({ service: 'queue', method, params, query }, terms);
      });
    for await (const reply of readPages(method, ask, readReply.list)) {
      for (const item of reply.tasks) {
        const run = readListItem(item);
        if (run) yield run;
        else this.logger.warn({ method }, 'skipped a malformed entry of a task list');
      }
    }
  }
}

/** A value of a list that is larger is left out: a page has up to 1000 entries, and many pages' are kept at a time. */
const LISTED_VALUE = 8 * 1024;

const LIST: AnswerSize = {
  sent: 32 * 1024 * 1024,
  kept: { value: LISTED_VALUE, all: 4 * 1024 * 1024 },
};

/** A page of one entry is read to its end, however large it is: only there is the way to the next page. */
const ONE_ENTRY: AnswerSize = { ...LIST, sent: Infinity };

/** Maximum definitions in one batch; usual ones have a few KiB. */
const DEFINITIONS = 25;

const DEFINITIONS_SIZE: AnswerSize = { sent: 2 * 1024 * 1024 };

const STATUS: Reading<TaskStatus> = {
  one: { method: 'status', read: readReply.status },
  many: { method: 'statuses', read: readReply.statuses },
};

const DEFINITION: Reading<TaskDefinition> = {
  one: { method: 'task', read: readReply.definition, batch: DEFINITIONS },
  many: { method: 'tasks', read: readReply.definitions, size: DEFINITIONS_SIZE },
};

const METHOD = {
  completed: 'reportCompleted',
  failed: 'reportFailed',
  exception: 'reportException',
} as const satisfies Record<Resolution['report'], string>;

/** Whether the run ended as this report says, by the queue's rule for repeated reports. */
function isReported(status: TaskStatus, { runId }: RunRef, resolution: Resolution): boolean {
  const run = status.runs[runId];
  const later = status.runs.length - 1 - runId;
  if (resolution.report !== 'exception') return later === 0 && run?.state === resolution.report;
  return later <= 1 && run?.state === 'exception' && run.reasonResolved === resolution.reason;
}
