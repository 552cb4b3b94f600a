import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  Buildbot,
  Clock,
  type RequestSnapshot,
  TaskQueue,
  type TaskStatus,
  TaskStore,
  Telemetry,
  type TrackedTask,
} from '@bbb/bridge';
import { CONFIGURATION, type Configuration } from '@bbb/platform';
import { Reconciler } from '@bbb/reconciler';
import { eachAtOnce } from './each-at-once.js';

/**
 * Rows worked on at once for each connection to Taskcluster. Enough that no connection waits and that what they read and
 * write comes together; few enough that a slow Taskcluster answers each in the time that a call may take.
 */
const ROWS_PER_CONNECTION = 4;

/** Rows, and what both sides say of them. */
interface Page {
  rows: readonly TrackedTask[];
  next: string | undefined;
  statuses: ReadonlyMap<string, TaskStatus>;
  /** Undefined while Buildbot is away. */
  snapshots: ReadonlyMap<number, RequestSnapshot> | undefined;
}

/** Looks at every tracked task, most urgent claim first, with both sides read in batches. */
@Injectable()
export class TrackedWalk {
  private readonly logger = new Logger(TrackedWalk.name);

  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly store: TaskStore,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    private readonly reconciler: Reconciler,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * While one page is worked on, the next is read.
   *
   * @param requestIds to which the build requests of the tracked tasks are added
   * @throws Unavailable when Taskcluster or the rows cannot be read; one task's trouble stays its own
   */
  async run(requestIds: Set<number>): Promise<void> {
    let count = 0;
    let page = await this.read(undefined);
    this.noteMargin(page.rows[0]);
    for (;;) {
      count += page.rows.length;
      for (const { buildRequestId } of page.rows) if (buildRequestId !== null) requestIds.add(buildRequestId);
      const { next } = page;
      const isLast = next === undefined || this.reconciler.isStopping;
      const following = isLast ? undefined : this.read(next);
      // Whatever becomes of it, this page is worked on to its end; then its failure is the walk's.
      following?.catch(() => undefined);
      await this.workOn(page);
      if (!following) break;
      page = await following;
    }
    this.telemetry.set('tracked', count);
  }

  private async read(after: string | undefined): Promise<Page> {
    const { tasks: rows, next } = await this.store.page(this.configuration.reflector.batch, after);
    if (rows.length === 0) return { rows, next, statuses: new Map(), snapshots: new Map() };
    // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
    const statuses = await this.queue.statuses(rows.map(({ taskId }) => taskId));
    return { rows, next, statuses, snapshots: await this.snapshotsOf(rows) };
  }

  private async workOn({ rows, statuses, snapshots }: Page): Promise<void> {
    const isOver = () => this.reconciler.isStopping;
    const atOnce = ROWS_PER_CONNECTION * this.configuration.taskcluster.maxConnections;
    await eachAtOnce(rows, atOnce, isOver, async (row) => {
      const status = statuses.get(row.taskId);
      const request = snapshots?.get(row.buildRequestId ?? -1);
      const given = { row, status, request, buildbotAway: !snapshots, source: 'batched' } as const;
      try {
        await this.reconciler.reconcile(row.taskId, given);
      } catch (error) {
        const { taskId, runId, buildRequestId: brid } = row;
        this.logger.warn({ taskId, runId, brid, error }, 'task not reconciled, to be tried in the next pass');
      }
    });
  }

  /** Undefined while Buildbot is away: claims are kept all the same. */
  private async snapshotsOf(rows: readonly TrackedTask[]): Promise<Map<number, RequestSnapshot> | undefined> {
    try {
      return await this.buildbot.snapshots(rows.flatMap(({ buildRequestId }) => buildRequestId ?? []));
    } catch (error) {
      this.logger.warn({ error }, 'Buildbot cannot be asked, claims are kept meanwhile');
      return undefined;
    }
  }

  private noteMargin(mostUrgent: TrackedTask | undefined): void {
    if (mostUrgent?.takenUntil == null) return;
    this.telemetry.set('claim_margin_least_seconds', mostUrgent.takenUntil - this.clock.now());
  }
}
