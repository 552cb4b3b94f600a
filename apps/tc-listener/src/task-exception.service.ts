import { Injectable } from '@nestjs/common';
import { TaskStore } from '@bbb/rules';
import { Reconciler } from '@bbb/reconciler';
import type { TaskMessage } from './task-message.js';

/** Reasons that end the task's work; after every other one the next run, or the reflector, continues it. */
const ENDS_THE_WORK = new Set(['canceled', 'deadline-exceeded']);

/**
 * A run has ended as an exception. Only a cancelled or expired task needs action: its build is no longer needed.
 *
 * The message may arrive before the task-pending of the same task. Then there is no row and nothing to cancel: the pending
 * message will find that the task has ended. The message may be about an earlier run.
 */
@Injectable()
export class TaskExceptionService {
  constructor(
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
  ) {}

  async handle({ taskId, reasonResolved }: TaskMessage): Promise<void> {
    // Without a known reason the task may have been cancelled, so it is reconciled.
    if (reasonResolved !== undefined && !ENDS_THE_WORK.has(reasonResolved)) return;
    const row = await this.store.get(taskId);
    if (row) await this.reconciler.reconcile(taskId);
  }
}
