import { Injectable } from '@nestjs/common';
import { TaskStore } from '@bbb/rules';
import { Reconciler } from '@bbb/reconciler';
import type { TaskMessage } from './task-message.js';

/** These end the work; after every other reason the next run, or the reflector, goes on with it. */
const ENDS_THE_WORK = new Set(['canceled', 'deadline-exceeded']);

/**
 * A run has ended as an exception. Only a cancelled or late task needs something done: its build is of no use.
 *
 * The message may come before the task-pending of the same task; then there is no row, and nothing to cancel: the
 * pending message will find the task dead. The run it is about need not be the last one.
 */
@Injectable()
export class TaskExceptionService {
  constructor(
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
  ) {}

  async handle({ taskId, reasonResolved }: TaskMessage): Promise<void> {
    // A message without a known reason may be about anything, so it counts as a reason to look.
    if (reasonResolved !== undefined && !ENDS_THE_WORK.has(reasonResolved)) return;
    const row = await this.store.get(taskId);
    if (row) await this.reconciler.reconcile(taskId);
  }
}
