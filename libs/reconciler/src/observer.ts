import type { LoggerService } from '@nestjs/common';
import type { Buildbot, RequestSnapshot, TaskQueue, TaskStatus, TaskStore, TrackedTask } from '@bbb/rules';
import type { Rules } from './rules.js';
import type { Given, Situation, Source } from './situation.js';

/** Reads what is known about a task on both sides. */
export class Observer {
  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly store: TaskStore,
    private readonly rules: Pick<Rules, 'isRequestOf'>,
    private readonly logger: Pick<LoggerService, 'warn'>,
  ) {}

  /** @param given what has been read already */
  async observe(taskId: string, given: Given): Promise<Situation> {
    const row = given.row === undefined ? await this.store.get(taskId) : (given.row ?? undefined);
    const source: Source = given.source ?? 'fresh';
    const buildRequestId = row?.buildRequestId ?? null;
    const status = source === 'fresh' ? await this.queue.readStatus(taskId) : given.status;
    // The run is read before the request. Otherwise a new run could be seen together with the lost build of the run before,
    // and be claimed and ended for it. A request that is seen complete may have become so only after the run was read.
    const snapshot =
      // A batch has the requests of its own rows only.
      buildRequestId === null || given.request || (source === 'batched' && given.row !== undefined)
        ? given.request
        : await this.buildbot.readSnapshot(buildRequestId);
    const request = this.ownRequest(row, snapshot, status);
    const { event, definition, buildbotUnavailable, absenceDoubted, expectedFor } = given;
    const facts = { event, definition, buildbotUnavailable, absenceDoubted, expectedFor };
    return { taskId, row, status, request, source, ...facts };
  }

  /** Observes again, after the situation has changed. */
  observeAgain({ taskId, event, definition, absenceDoubted, expectedFor }: Situation): Promise<Situation> {
    return this.observe(taskId, { event, definition, absenceDoubted, expectedFor });
  }

  /** The snapshot if it is of the row's own request; the bridge must not act on another task's request. */
  private ownRequest(
    row: TrackedTask | undefined,
    snapshot: RequestSnapshot | undefined,
    status: TaskStatus | undefined,
  ): RequestSnapshot | undefined {
    if (!row || !snapshot || this.rules.isRequestOf(row, snapshot, status)) return snapshot;
    const { taskId, runId, buildRequestId } = row;
    this.logger.warn(
      { taskId, runId, buildRequestId, key: snapshot.key },
      'the build request id belongs to a request of another task or run; treating the request as missing',
    );
    return undefined;
  }
}
