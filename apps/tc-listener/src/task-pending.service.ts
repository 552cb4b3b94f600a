import { Injectable } from '@nestjs/common';
import { Reconciler } from '@bbb/reconciler';
import type { TaskMessage } from './task-message.js';

/**
 * A run has become pending: the task's first, a user's rerun, or the one after a RETRY.
 *
 * The message may be stale or a duplicate: createTask and rerunTask publish it again, and the task may have been cancelled
 * since. So only its task id is used, and the status is read again.
 */
@Injectable()
export class TaskPendingService {
  constructor(private readonly reconciler: Reconciler) {}

  async handle({ taskId }: TaskMessage): Promise<void> {
    await this.reconciler.reconcile(taskId);
  }
}
