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
import { QueueRefusal, type QueueState } from '../../../sandbox/taskcluster/index.js';
import type { Gate } from '../bridge/gate.js';
import { definitionOf, seconds, statusOf, SYSTEM, translating } from './queue-answers.js';
import { QUEUE_ID, WORKER } from '../bridge/settings.js';
import type { Seen, Watch } from '../watch/watch.js';

/** The queue port of one process, on the queue's state machine. */
export class ModelQueue extends TaskQueue {
  constructor(
    private readonly state: QueueState,
    private readonly gate: Gate,
    private readonly watch: Watch,
    private readonly seen: Seen,
  ) {
    super();
  }

  /** The state machine; it knows nothing while Taskcluster's database is an empty one. */
  #reach(): QueueState {
    if (!this.watch.isTaskclusterEmpty) return this.state;
    throw new QueueRefusal('ResourceNotFound', 'no such task');
  }

  readStatus(taskId: string): Promise<TaskStatus | undefined> {
    return this.gate.call(SYSTEM, 'status', 'read', () => {
      const status = this.#known(taskId);
      this.seen.note(taskId, status, 'single');
      return status;
    });
  }

  readStatuses(taskIds: readonly string[]): Promise<Map<string, TaskStatus>> {
    return this.gate.call(SYSTEM, 'statuses', 'read', () => {
      const found = new Map<string, TaskStatus>();
      for (const taskId of taskIds) {
        const status = this.#known(taskId);
        this.seen.note(taskId, status, 'batch');
        if (status) found.set(taskId, status);
      }
      return found;
    });
  }

  readDefinition(taskId: string): Promise<TaskDefinition | undefined> {
    return this.gate.call(SYSTEM, 'task', 'read', () => this.#definition(taskId));
  }

  listPending(): AsyncIterable<ListedRun> {
    return this.#listed('listPending');
  }

  listClaimed(): AsyncIterable<ListedRun> {
    return this.#listed('listClaimed');
  }

  claim({ taskId, runId }: RunRef): Promise<Claim> {
    return this.#effect('claim', taskId, runId, () => {
      const { takenUntil, status } = this.#reach().claimTask(taskId, runId, WORKER);
      return { takenUntil: seconds(takenUntil), status: statusOf(status) };
    });
  }

  reclaim({ taskId, runId }: RunRef): Promise<Claim> {
    return this.#effect('reclaim', taskId, runId, () => {
      this.#mustBeOurs(taskId, runId);
      const { takenUntil, status } = this.#reach().reclaimTask(taskId, runId);
      return { takenUntil: seconds(takenUntil), status: statusOf(status) };
    });
  }

  report({ taskId, runId }: RunRef, resolution: Resolution): Promise<TaskStatus> {
    const name =
      resolution.report === 'exception' ? `report-${resolution.reason}` : `report-${resolution.report}`;
    return this.#effect(name, taskId, runId, () => {
      const run = this.#reach().status(taskId).runs[runId];
      if (run?.state === 'pending' || run?.state === 'running') this.#mustBeOurs(taskId, runId);
      switch (resolution.report) {
        case 'completed':
          return statusOf(this.#reach().reportCompleted(taskId, runId));
        case 'failed':
          return statusOf(this.#reach().reportFailed(taskId, runId));
        case 'exception':
          return statusOf(this.#reach().reportException(taskId, runId, resolution.reason));
      }
    });
  }

  cancel(taskId: string): Promise<TaskStatus> {
    return this.#effect('cancel', taskId, undefined, () => statusOf(this.#reach().cancelTask(taskId)));
  }

  rerun(taskId: string): Promise<TaskStatus> {
    return this.#effect('rerun', taskId, undefined, () => statusOf(this.#reach().rerunTask(taskId)));
  }

  attach({ taskId, runId }: RunRef, artifact: Artifact): Promise<void> {
    if (artifact.kind === 'file' && artifact.name === 'public/properties.json')
      this.watch.attached(taskId, runId, artifact.content);
    return this.gate.call(SYSTEM, 'attach', 'effect', () =>
      translating(() => {
        const { name, expires = this.#reach().task(taskId).expires } = artifact;
        const input =
          artifact.kind === 'file'
            ? ({ storageType: 's3', contentType: artifact.contentType, expires } as const)
            : artifact.kind === 'reference'
              ? ({
                  storageType: 'reference',
                  contentType: artifact.contentType,
                  url: artifact.url,
                  expires,
                } as const)
              : ({ storageType: 'error', reason: 'file-missing-on-worker', message: '', expires } as const);
        this.#reach().createArtifact(taskId, runId, name, input);
      }),
    );
  }

  /** Credentials of a run are granted to its worker only. */
  #mustBeOurs(taskId: string, runId: number): void {
    const run = this.#reach().status(taskId).runs[runId];
    if (
      run?.state === 'running' &&
      run.workerGroup === WORKER.workerGroup &&
      run.workerId === WORKER.workerId
    )
      return;
    throw new Refused(SYSTEM, 409, 'RequestConflict', 'the run is not running under our worker');
  }

  #effect<T extends TaskStatus | Claim>(
    name: string,
    taskId: string,
    runId: number | undefined,
    work: () => T,
  ): Promise<T> {
    return this.gate.call(SYSTEM, name, 'effect', () => {
      const before = this.#known(taskId);
      const reply = translating(work);
      this.watch.acted(name, {
        taskId,
        runId,
        before,
        after: this.#known(taskId),
        seen: this.seen.of(taskId),
        seenRequest: this.seen.requestOf(this.watch.rowOf(taskId)?.buildRequestId ?? -1),
      });
      this.seen.note(taskId, 'status' in reply ? reply.status : reply, 'single');
      return reply;
    });
  }

  #definition(taskId: string): TaskDefinition | undefined {
    return this.#known(taskId) && definitionOf(this.state.task(taskId));
  }

  #known(taskId: string): TaskStatus | undefined {
    try {
      return statusOf(this.#reach().status(taskId));
    } catch (error) {
      if (error instanceof QueueRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  async *#listed(name: 'listPending' | 'listClaimed'): AsyncGenerator<ListedRun> {
    const items = await this.gate.call(SYSTEM, name, 'read', () =>
      this.watch.isTaskclusterEmpty ? [] : this.state[name](QUEUE_ID).items,
    );
    for (const { taskId, runId, task } of items) yield { taskId, runId, definition: definitionOf(task) };
  }
}
