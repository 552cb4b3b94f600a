import { Injectable } from '@nestjs/common';
import { TaskStore, type TrackedTask } from '@bbb/rules';
import { Reconciler, type TriggeringEvent } from '@bbb/reconciler';
import type { BuildMessage } from '@bbb/buildbot';

/** Brings a build event to every task that the build serves: a coalesced build serves several. */
@Injectable()
export class TrackedBuilds {
  constructor(
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
  ) {}

  /**
   * One task's trouble does not keep the event from the others.
   *
   * @throws the first trouble, after all have been tried: the event comes again for those that need it
   */
  async tell(message: BuildMessage, event: TriggeringEvent): Promise<void> {
    const rows = await this.rowsOf(message);
    const results = await Promise.allSettled(
      rows.map((row) => this.reconciler.reconcile(row.taskId, { row, event })),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /**
   * The rows of the request ids. The taskId property leads to a row as well when the message has no ids, or when the
   * id of a request was not recorded before its build began.
   */
  private async rowsOf({ buildRequestIds = [], taskId }: BuildMessage): Promise<TrackedTask[]> {
    const rows = await this.store.byBuildRequestIds(buildRequestIds);
    if (taskId === undefined || rows.some((row) => row.taskId === taskId)) return rows;
    const named = await this.store.get(taskId);
    const fits = named && (named.buildRequestId === null || buildRequestIds.length === 0);
    return fits ? [...rows, named] : rows;
  }
}
