import { Clock, type TaskQueue } from '@bbb/rules';

/**
 * The queue's time: this machine's, corrected by what the queue's answers tell of theirs. Claims and deadlines are times of
 * the queue; a machine whose clock is behind would let every claim expire. What the bridge notes in its database is in this
 * time too, so that instances with different clocks agree.
 */
export class QueueClock extends Clock {
  constructor(
    private readonly machine: Clock,
    private readonly queue: Pick<TaskQueue, 'clockOffset'>,
  ) {
    super();
  }

  now(): number {
    return this.machine.now() + (this.queue.clockOffset() ?? 0);
  }
}
