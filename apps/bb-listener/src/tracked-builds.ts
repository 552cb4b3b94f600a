import { Injectable } from '@nestjs/common';
import { TaskQueue, TaskStore, type TrackedTask } from '@bbb/rules';
import { Reconciler, type TriggeringEvent } from '@bbb/reconciler';
import type { BuildMessage } from '@bbb/buildbot';
import { LeaveToOthers } from '@bbb/pulse';

/** Delivers a build event to every task that the build serves: a coalesced build serves several. */
@Injectable()
export class TrackedBuilds {
  constructor(
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
    private readonly queue: TaskQueue,
  ) {}

  /**
   * Reconciles each task with the event, also when another of them fails.
   *
   * @param mayLeave whether the message may be left to another instance: the one that has claimed the runs has their
   *   credentials, and any other would claim them again, which announces them as running again
   * @throws the first error, after all tasks have been tried: the message is then delivered again
   */
  async deliver(message: BuildMessage, event: TriggeringEvent, { mayLeave = false } = {}): Promise<void> {
    const rows = await this.findRows(message);
    if (mayLeave && rows.some((row) => row.takenUntil !== null && !this.queue.holds(row)))
      throw new LeaveToOthers('another instance has claimed the run');
    const results = await Promise.allSettled(
      rows.map((row) => this.reconciler.reconcile(row.taskId, { row, event })),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /**
   * The rows of the request ids, and that of the taskId property when the message has no ids, or when the row had no
   * request id yet. It may get one of them between the two reads.
   */
  private async findRows({ buildRequestIds = [], taskId }: BuildMessage): Promise<TrackedTask[]> {
    const rows = await this.store.findByBuildRequestIds(buildRequestIds);
    if (taskId === undefined || rows.some((row) => row.taskId === taskId)) return rows;
    const named = await this.store.get(taskId);
    if (named === undefined) return rows;
    const { buildRequestId } = named;
    const fits =
      buildRequestId === null || buildRequestIds.length === 0 || buildRequestIds.includes(buildRequestId);
    return fits ? [...rows, named] : rows;
  }
}
