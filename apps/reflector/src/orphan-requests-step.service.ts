import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  belongsToRun,
  Buildbot,
  BuilderPolicy,
  Clock,
  judgeOrphan,
  type MarkedRequest,
  type RequestSnapshot,
  TaskQueue,
  type TaskStatus,
  TaskStore,
} from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { QueueClock, Reconciler } from '@bbb/reconciler';
import { AbsenceBrake } from './absence-brake.service.js';
import { forEachConcurrently } from './for-each-concurrently.js';
import { VerdictCounts } from './verdict-counts.js';

/** Open requests per page. Rows are short, and more open requests than this are rare. */
const PAGE = 5000;

/**
 * Finds open build requests of the bridge that have no row: the bridge's database was lost, or an instance created the
 * request late, after its row had been deleted. They are tracked again, and then cancelled or followed like any other.
 */
@Injectable()
export class OrphanRequestsStep {
  private readonly logger = new Logger(OrphanRequestsStep.name);
  private readonly taskQueueId: string;
  private readonly queueClock: Clock;

  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly store: TaskStore,
    clock: Clock,
    private readonly reconciler: Reconciler,
    private readonly policy: BuilderPolicy,
    private readonly brake: AbsenceBrake,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {
    this.queueClock = new QueueClock(clock, queue);
    this.taskQueueId = `${configuration.taskcluster.provisionerId}/${configuration.taskcluster.workerType}`;
  }

  /**
   * Goes through both sides' ids of build requests in their order, a page of each at a time.
   *
   * @param counted resolves once the tracked tasks are counted; the first pages are read in the meantime
   * @throws Unavailable when the scheduler database or the bridge's own cannot be read
   */
  async run(counted: Promise<unknown>, verdicts = new VerdictCounts()): Promise<void> {
    const youngest = this.queueClock.now() - this.configuration.reflector.orphanGrace;
    for (let after: number | undefined = 0; after !== undefined && !this.reconciler.isStopping;) {
      // Rows first, requests second: the row of a request that is open then was there before, or came since.
      const tracked: number[] = await this.store.listBuildRequestIds(after, PAGE);
      const open: MarkedRequest[] = await this.buildbot.listMarkedOpenRequests(after, PAGE);
      await counted;
      // While too many tasks are missing, the requests may be from another database, or from a restored one.
      if (await this.brake.isOn()) return;
      // As far as both pages go.
      const upTo = Math.min(findEnd(tracked), findEnd(open.map(({ buildRequestId }) => buildRequestId)));
      const rows = new Set(tracked);
      const orphans = open.filter(
        ({ buildRequestId, createdAt }) =>
          buildRequestId <= upTo && !rows.has(buildRequestId) && createdAt <= youngest,
      );
      await this.adoptAll(await this.findUntracked(orphans), verdicts);
      // Behind the last open request there is nothing to look for.
      const isLast = open.length < PAGE && (open.at(-1)?.buildRequestId ?? 0) <= upTo;
      after = isLast ? undefined : upTo;
    }
  }

  private async adoptAll(orphans: readonly MarkedRequest[], verdicts: VerdictCounts): Promise<void> {
    await forEachConcurrently(
      orphans,
      this.configuration.reflector.concurrency,
      () => this.reconciler.isStopping,
      async (orphan) => {
        const { taskId, buildRequestId } = orphan;
        await this.adopt(orphan, verdicts).catch((error: unknown) => {
          this.logger.warn(
            { taskId, buildRequestId, error },
            'orphan build request not adopted; will retry on the next pass',
          );
        });
      },
    );
  }

  private async findUntracked(requests: readonly MarkedRequest[]): Promise<MarkedRequest[]> {
    if (requests.length === 0) return [];
    const rows = await this.store.findByBuildRequestIds(requests.map(({ buildRequestId }) => buildRequestId));
    const tracked = new Set(rows.map(({ buildRequestId }) => buildRequestId));
    return requests.filter(({ buildRequestId }) => !tracked.has(buildRequestId));
  }

  private async adopt(orphan: MarkedRequest, verdicts: VerdictCounts): Promise<void> {
    const { taskId, buildRequestId } = orphan;
    const status = await this.queue.readStatus(taskId);
    const request = await this.buildbot.readSnapshot(buildRequestId);
    const { policy, taskQueueId } = this;
    const judgement = judgeOrphan(orphan, status, request, { policy, taskQueueId });
    if (judgement.is === 'foreign' || !status || !request) return;

    const { runId } = judgement;
    const { created } = await this.store.track({
      taskId,
      runId,
      createdDate: null,
      buildRequestId,
    });
    if (created) this.logger.warn({ taskId, runId, buildRequestId }, 'orphan build request is tracked again');
    await verdicts.countOutcome(this.reconciler.reconcile(taskId));
    if (!created) await this.cancelDuplicate(orphan, request, status);
  }

  private async cancelDuplicate(
    { taskId, buildRequestId }: MarkedRequest,
    request: RequestSnapshot,
    status: TaskStatus,
  ): Promise<void> {
    // Read again, because the reconciliation may have changed the row.
    const row = await this.store.get(taskId);
    if (!row || row.buildRequestId === null || row.buildRequestId === buildRequestId) return;
    const fields = { taskId, buildRequestId, tracked: row.buildRequestId };
    const own = await this.buildbot.readSnapshot(row.buildRequestId);
    if (!own || !belongsToRun(row, own, status)) {
      // The row is older than the request, as after a restore: this one may be the only request of the run.
      this.logger.log(fields, 'duplicate build request left alone: the tracked one is missing from Buildbot');
      return;
    }
    if (
      request.state.at === 'building' &&
      (await this.buildbot.listSharers(request.state.build)).length > 0
    ) {
      this.logger.log(fields, 'duplicate build request left alone: its build serves other requests');
      return;
    }
    this.logger.warn(fields, 'duplicate build request cancelled');
    await this.buildbot.cancel(request);
  }
}

/** Up to which id a page has all; the last page has all that there are. */
function findEnd(ids: readonly number[]): number {
  return ids.length < PAGE ? Infinity : ids.at(-1)!;
}
