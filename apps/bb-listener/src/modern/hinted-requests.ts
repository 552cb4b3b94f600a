import { Injectable, Logger } from '@nestjs/common';
import { Buildbot, TaskQueue, TaskStore, type TrackedTask } from '@bbb/rules';
import { Reconciler } from '@bbb/reconciler';

/** Build requests or rows that are looked at together: one read of each side. */
const MOST_AT_ONCE = 200;

/** Maximum ids that wait; when there are more, all tracked requests are looked at. */
const MOST_WAITING = 10_000;

/** Milliseconds for which hints are gathered: several come for each change. */
const GATHERING = 100;

/**
 * Looks at build requests of which a hint came. Both sides are read in bulk, and what cannot be read is left to the
 * reflector, which finds every change by itself.
 */
@Injectable()
export class HintedRequests {
  private readonly logger = new Logger(HintedRequests.name);
  private readonly waiting = new Set<number>();
  private areAllWaiting = false;
  private working: Promise<void> | undefined;

  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
  ) {}

  /** Has a request looked at soon, if it is one of the bridge's. */
  add(buildRequestId: number): void {
    if (this.waiting.size >= MOST_WAITING) return this.addAll();
    this.waiting.add(buildRequestId);
    this.work();
  }

  /** Has all tracked requests looked at soon. */
  addAll(): void {
    this.areAllWaiting = true;
    this.waiting.clear();
    this.work();
  }

  /** Resolves when the work in progress has ended; the reconciler must have been stopped. */
  async stop(): Promise<void> {
    await this.working;
  }

  private work(): void {
    this.working ??= this.workOff()
      .catch((error: unknown) =>
        this.logger.warn({ error }, 'hints not followed; the reflector finds the changes'),
      )
      .finally(() => (this.working = undefined));
  }

  private async workOff(): Promise<void> {
    while ((this.areAllWaiting || this.waiting.size > 0) && !this.reconciler.isStopping) {
      await new Promise((resolve) => setTimeout(resolve, GATHERING));
      const isForAll = this.areAllWaiting;
      this.areAllWaiting = false;
      if (isForAll) await this.lookAtAll();
      const ids = [...this.waiting].slice(0, MOST_AT_ONCE);
      for (const id of ids) this.waiting.delete(id);
      if (ids.length > 0) await this.lookAt(await this.store.findByBuildRequestIds(ids));
    }
  }

  private async lookAtAll(): Promise<void> {
    let after: string | undefined;
    do {
      const { tasks, next } = await this.store.readPage(MOST_AT_ONCE, after);
      await this.lookAt(tasks);
      after = next;
    } while (after !== undefined && !this.reconciler.isStopping);
  }

  private async lookAt(rows: readonly TrackedTask[]): Promise<void> {
    if (rows.length === 0 || this.reconciler.isStopping) return;
    // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
    const statuses = await this.queue.readStatuses(rows.map(({ taskId }) => taskId));
    const snapshots = await this.buildbot.readSnapshots(
      rows.flatMap(({ buildRequestId }) => buildRequestId ?? []),
    );
    await Promise.all(
      rows.map(async (row) => {
        const status = statuses.get(row.taskId);
        const request = snapshots.get(row.buildRequestId ?? -1);
        // What is missing or cannot be read is judged by the reflector, which sees how much of it there is.
        if (!status || status instanceof Error || !request || request instanceof Error) return;
        await this.reconcile({ row, status, request, source: 'batched' });
      }),
    );
  }

  private async reconcile(
    given: Parameters<Reconciler['reconcile']>[1] & { row: TrackedTask },
  ): Promise<void> {
    const { taskId, buildRequestId } = given.row;
    try {
      await this.reconciler.reconcile(taskId, given);
    } catch (error) {
      this.logger.warn(
        { taskId, buildRequestId, error },
        'hinted task not reconciled; the reflector will retry',
      );
    }
  }
}
