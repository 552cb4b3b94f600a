import { Clock, type TaskQueue } from '@bbb/rules';

/**
 * The queue's time: this machine's, corrected by the offset seen in the queue's answers. Claims and deadlines are in the
 * queue's time; without the correction a machine whose clock is behind would let every claim expire. The bridge's database
 * has this time too, so that instances with different clocks agree.
 */
export class QueueClock extends Clock {
  constructor(
    private readonly machine: Clock,
    private readonly queue: Pick<TaskQueue, 'readClockOffset'>,
  ) {
    super();
  }

  now(): number {
    return this.machine.now() + (this.queue.readClockOffset() ?? 0);
  }
}
