import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  Buildbot,
  belongsToRun,
  Clock,
  type RequestSnapshot,
  TaskQueue,
  type TaskStatus,
  TaskStore,
  type TrackedTask,
} from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { prefetch } from './prefetch.js';
import { AbsenceBrake } from './absence-brake.service.js';
import { ExpectedMessages } from './expected-messages.js';
import { forEachConcurrently } from './for-each-concurrently.js';
import type { OverdueRequests } from './overdue-requests.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Rows reconciled concurrently for each connection to Taskcluster. Enough to keep all connections busy and to batch reads
 * and writes; few enough that calls to a slow Taskcluster do not time out while they wait for a connection.
 */
const ROWS_PER_CONNECTION = 4;

/** Pages read while one is processed: reading a page takes longer than finding that nothing needs to be done. */
const PREFETCHED_PAGES = 2;

/** The state of some rows' tasks and build requests on both sides. */
interface Sides {
  /** By task id; the error when a status could not be read. */
  statuses: ReadonlyMap<string, TaskStatus | Error>;
  /** By build request id; the error when a request could not be read. Undefined while Buildbot is unavailable. */
  snapshots?: ReadonlyMap<number, RequestSnapshot | Error>;
  /** Why there are no snapshots. */
  failure?: Error;
}

interface Page {
  rows: readonly TrackedTask[];
  sides: Promise<Sides>;
}

interface ObservedRow extends Sides {
  row: TrackedTask;
  absenceDoubted?: boolean;
}

/**
 * Reconciles every tracked task, most urgent claim first, with both sides read in batches. Missing tasks come last: whether
 * too many are missing is known only when all rows are counted.
 */
@Injectable()
export class TrackedTasksStep {
  private readonly logger = new Logger(TrackedTasksStep.name);
  private readonly expected = new ExpectedMessages();

  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
    private readonly brake: AbsenceBrake,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * @param buildRequestIds receives the build requests of the tracked tasks
   * @param verdicts receives the verdicts about the tracked tasks
   * @param overdue receives the build requests of the tracked tasks
   * @throws Unavailable when Taskcluster, Buildbot or the rows cannot be read, after the rows before are processed; an
   *   error about one task is only logged
   */
  async run(
    buildRequestIds: Set<number>,
    verdicts = new VerdictCounts(),
    overdue?: OverdueRequests,
  ): Promise<void> {
    this.expected.beginPass();
    const concurrency = ROWS_PER_CONNECTION * this.configuration.taskcluster.maxConnections;
    const isOver = () => this.reconciler.isStopping;
    await forEachConcurrently(this.readRows(buildRequestIds), concurrency, isOver, (observed) =>
      this.workOn(observed, verdicts, overdue),
    );
  }

  private async *readRows(buildRequestIds: Set<number>): AsyncGenerator<ObservedRow> {
    const missing: ObservedRow[] = [];
    let seen = 0;
    let failure: Error | undefined;
    try {
      for await (const { rows, sides } of prefetch(this.readPages(), PREFETCHED_PAGES)) {
        for (const { buildRequestId } of rows)
          if (buildRequestId !== null) buildRequestIds.add(buildRequestId);
        seen += rows.length;
        const read = await sides;
        failure ??= read.failure;
        for (const row of rows) {
          if (isMissing(row, read)) missing.push({ row, ...read });
          else yield { row, ...read };
        }
      }
    } catch (error) {
      failure = error as Error;
    }
    if (this.reconciler.isStopping) return;
    // After a failure the count is incomplete, so no absence is believed.
    const absenceDoubted =
      failure !== undefined || (await this.brake.apply({ seen, missing: missing.length }));
    for (const observed of missing) yield { ...observed, absenceDoubted };
    if (failure !== undefined) throw failure;
  }

  private async *readPages(): AsyncGenerator<Page> {
    const { batch } = this.configuration.reflector;
    let after: string | undefined;
    do {
      const { tasks: rows, next } = await this.store.readPage(batch, after);
      const sides = this.readSides(rows);
      sides.catch(() => undefined);
      yield { rows, sides };
      after = next;
    } while (after !== undefined && !this.reconciler.isStopping);
  }

  private async readSides(rows: readonly TrackedTask[]): Promise<Sides> {
    if (rows.length === 0) return { statuses: new Map(), snapshots: new Map() };
    // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
    const statuses = await this.queue.readStatuses(rows.map(({ taskId }) => taskId));
    return { statuses, ...(await this.readSnapshots(rows)) };
  }

  private async workOn(
    { row, statuses, snapshots, absenceDoubted }: ObservedRow,
    verdicts: VerdictCounts,
    overdue: OverdueRequests | undefined,
  ): Promise<void> {
    const { taskId, runId, buildRequestId } = row;
    const status = statuses.get(taskId);
    const snapshot = snapshots?.get(buildRequestId ?? -1);
    try {
      if (status instanceof Error) throw status;
      const isUnreadable = snapshot instanceof Error;
      if (isUnreadable)
        this.logger.warn(
          { taskId, buildRequestId, error: snapshot },
          'build request cannot be read; reclaiming only',
        );
      const request = isUnreadable ? undefined : snapshot;
      const buildbotUnavailable = !snapshots || isUnreadable;
      const seen = { row, status, request, buildbotUnavailable, absenceDoubted, source: 'batched' } as const;
      const expectedFor = this.expected.measureWait(taskId, seen, this.clock.now());
      const verdict = await verdicts.countOutcome(
        this.reconciler.reconcile(taskId, { ...seen, expectedFor }),
      );
      overdue?.count(seen, verdict);
    } catch (error) {
      this.logger.warn(
        { taskId, runId, buildRequestId, error },
        'task not reconciled; will retry on the next pass',
      );
    }
  }

  /** Without snapshots while Buildbot is unavailable: claims are still reclaimed. */
  private async readSnapshots(rows: readonly TrackedTask[]): Promise<Pick<Sides, 'snapshots' | 'failure'>> {
    try {
      return {
        snapshots: await this.buildbot.readSnapshots(
          rows.flatMap(({ buildRequestId }) => buildRequestId ?? []),
        ),
      };
    } catch (error) {
      this.logger.warn({ error }, 'Buildbot unreachable; reclaiming only');
      return { failure: error as Error };
    }
  }
}

/** Whether an available side does not know the row's task or build request. */
function isMissing(row: TrackedTask, { statuses, snapshots }: Sides): boolean {
  const status = statuses.get(row.taskId);
  if (!status) return true;
  if (row.buildRequestId === null || !snapshots) return false;
  const snapshot = snapshots.get(row.buildRequestId);
  if (snapshot instanceof Error) return false;
  if (snapshot === undefined) return true;
  return !belongsToRun(row, snapshot, status instanceof Error ? undefined : status);
}
