import { Injectable } from '@nestjs/common';
import { Reconciler } from '@bbb/reconciler';
import type { TaskMessage } from './task-message.js';

/**
 * A run has become pending: the task's first, a user's rerun, or the one after a RETRY.
 *
 * The message may be stale or a repetition: createTask and rerunTask publish it again, and the task may have been
 * cancelled since. That is why nothing of it is used but the task's id; the status is read anew.
 */
@Injectable()
export class TaskPendingService {
  constructor(private readonly reconciler: Reconciler) {}

  async handle({ taskId }: TaskMessage): Promise<void> {
    await this.reconciler.reconcile(taskId);
  }
}
