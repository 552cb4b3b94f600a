import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  type AbsenceCount,
  Buildbot,
  isMassAbsence,
  isRequestOf,
  type RequestSnapshot,
  TaskQueue,
  type TaskStatus,
  TaskStore,
  type TrackedTask,
} from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { ahead } from './prefetch.js';
import { eachAtOnce } from './for-each-concurrently.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Rows worked on at once for each connection to Taskcluster. Enough that no connection waits and that what they read and
 * write comes together; few enough that a slow Taskcluster answers each in the time that a call may take.
 */
const ROWS_PER_CONNECTION = 4;

/** Pages that are read while one is worked on: reading one takes longer than finding that nothing is to be done. */
const PAGES_AHEAD = 2;

/** What both sides say of some rows. */
interface Sides {
  /** With the error of a task whose status could not be read. */
  statuses: ReadonlyMap<string, TaskStatus | Error>;
  /** With the error of a request that cannot be read; undefined while Buildbot is unavailable. */
  snapshots: ReadonlyMap<number, RequestSnapshot | Error> | undefined;
}

interface Page {
  rows: readonly TrackedTask[];
  sides: Promise<Sides>;
}

interface ObservedRow extends Sides {
  row: TrackedTask;
  absenceDoubted: boolean;
}

/** Looks at every tracked task, most urgent claim first, with both sides read in batches. */
@Injectable()
export class TrackedTasksStep {
  private readonly logger = new Logger(TrackedTasksStep.name);
  /** What the last pass found, while it was too much to be believed. */
  private doubted: AbsenceCount | undefined;

  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * @param buildRequestIds to which the build requests of the tracked tasks are added
   * @param verdicts to which those of the tracked tasks are added
   * @throws Unavailable when Taskcluster or the rows cannot be read, once the rows before are done with; one task's
   *   trouble stays its own
   */
  async run(buildRequestIds: Set<number>, verdicts = new VerdictCounts()): Promise<void> {
    const count: AbsenceCount = { seen: 0, missing: 0 };
    const rows = this.rows(buildRequestIds, count);
    const atOnce = ROWS_PER_CONNECTION * this.configuration.taskcluster.maxConnections;
    const isOver = () => this.reconciler.isStopping;
    await eachAtOnce(rows, atOnce, isOver, (observed) => this.workOn(observed, verdicts));
    if (!isOver()) this.noteDoubt(count);
  }

  /** Why absences are not believed now; undefined when they are. */
  problem(): string | undefined {
    if (!this.doubted) return undefined;
    const { missing, seen } = this.doubted;
    return `${missing} of ${seen} tracked tasks are missing in Taskcluster or Buildbot; none of that is acted on`;
  }

  private async *rows(buildRequestIds: Set<number>, count: AbsenceCount): AsyncGenerator<ObservedRow> {
    for await (const { rows, sides } of ahead(this.pages(), PAGES_AHEAD)) {
      for (const { buildRequestId } of rows) if (buildRequestId !== null) buildRequestIds.add(buildRequestId);
      const read = await sides;
      count.seen += rows.length;
      count.missing += rows.filter((row) => isMissing(row, read)).length;
      const absenceDoubted = this.doubted !== undefined || this.isTooMuch(count);
      for (const row of rows) yield { row, ...read, absenceDoubted };
    }
  }

  private async *pages(): AsyncGenerator<Page> {
    const { batch } = this.configuration.reflector;
    let after: string | undefined;
    do {
      const { tasks: rows, next } = await this.store.page(batch, after);
      const sides = this.sidesOf(rows);
      sides.catch(() => undefined);
      yield { rows, sides };
      after = next;
    } while (after !== undefined && !this.reconciler.isStopping);
  }

  private async sidesOf(rows: readonly TrackedTask[]): Promise<Sides> {
    if (rows.length === 0) return { statuses: new Map(), snapshots: new Map() };
    // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
    const statuses = await this.queue.statuses(rows.map(({ taskId }) => taskId));
    return { statuses, snapshots: await this.snapshotsOf(rows) };
  }

  private async workOn(
    { row, statuses, snapshots, absenceDoubted }: ObservedRow,
    verdicts: VerdictCounts,
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
      const given = { row, status, request, buildbotUnavailable, absenceDoubted, source: 'batched' } as const;
      await verdicts.countOutcome(this.reconciler.reconcile(taskId, given));
    } catch (error) {
      this.logger.warn(
        { taskId, runId, buildRequestId, error },
        'task not reconciled, to be tried in the next pass',
      );
    }
  }

  private isTooMuch(count: AbsenceCount): boolean {
    return isMassAbsence(count, this.configuration.reflector.missingLimit);
  }

  private noteDoubt(count: AbsenceCount): void {
    const isDoubted = this.isTooMuch(count);
    if (isDoubted) {
      this.logger.error(
        count,
        'too many tracked tasks are missing at once; nothing is stopped, cancelled or forgotten for it: check that ' +
          'taskcluster_queue_config, buildbot_scheduler_db and bbb_db name the right systems, or raise ' +
          'reflector.missing_limit if the absence is real',
      );
    } else if (this.doubted) {
      this.logger.log(count, 'few tracked tasks are missing now; absence is believed again');
    }
    this.doubted = isDoubted ? count : undefined;
  }

  /** Undefined while Buildbot is unavailable: claims are kept all the same. */
  private async snapshotsOf(rows: readonly TrackedTask[]): Promise<Sides['snapshots']> {
    try {
      return await this.buildbot.snapshots(rows.flatMap(({ buildRequestId }) => buildRequestId ?? []));
    } catch (error) {
      this.logger.warn({ error }, 'Buildbot unreachable; reclaiming only');
      return undefined;
    }
  }
}

/** Whether a side that answered does not know the row's task or build request. */
function isMissing(row: TrackedTask, { statuses, snapshots }: Sides): boolean {
  if (!statuses.has(row.taskId)) return true;
  if (row.buildRequestId === null || !snapshots) return false;
  const snapshot = snapshots.get(row.buildRequestId);
  if (snapshot instanceof Error) return false;
  return snapshot === undefined || !isRequestOf(row, snapshot);
}
