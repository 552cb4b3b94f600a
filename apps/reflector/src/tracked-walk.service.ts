import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  Buildbot,
  Clock,
  type RequestSnapshot,
  TaskQueue,
  TaskStore,
  Telemetry,
  type TrackedTask,
} from '@bbb/bridge';
import { CONFIGURATION, type Configuration } from '@bbb/platform';
import { Reconciler } from '@bbb/reconciler';
import { eachAtOnce } from './each-at-once.js';

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

  /** @throws Unavailable when Taskcluster or the rows cannot be read; one task's trouble stays its own */
  async run(): Promise<void> {
    const { batch } = this.configuration.reflector;
    let count = 0;
    let after: string | undefined;
    do {
      const page = await this.store.page(batch, after);
      if (page.tasks.length > 0) await this.batch(page.tasks);
      count += page.tasks.length;
      if (after === undefined) this.noteMargin(page.tasks[0]);
      after = page.next;
    } while (after !== undefined);
    this.telemetry.set('tracked', count);
  }

  private async batch(rows: readonly TrackedTask[]): Promise<void> {
    // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
    const statuses = await this.queue.statuses(rows.map(({ taskId }) => taskId));
    const snapshots = await this.snapshotsOf(rows);
    const isOver = () => this.reconciler.isStopping;
    await eachAtOnce(rows, this.configuration.reflector.concurrency, isOver, async (row) => {
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
