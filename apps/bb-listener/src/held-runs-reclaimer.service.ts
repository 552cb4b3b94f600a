import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, type HeldClaim, TaskQueue } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { QueueClock, Reconciler } from '@bbb/reconciler';

/** Part of the reclaim window between two looks at the held runs: well below the part after which the reflector reclaims. */
const INTERVAL = 0.05;

/** A claim is looked at this much before the window begins, because reclaims are spread (see `factsOf`). */
const EARLY = 1.1;

/** Runs that are reconciled in parallel. */
const CONCURRENCY = 50;

/**
 * Reclaims the runs that this process has claimed. It has their credentials; any other process would have to claim each
 * run again, and every claim announces the run as running again. The reflector reclaims what this process leaves.
 */
@Injectable()
export class HeldRunsReclaimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HeldRunsReclaimer.name);
  private readonly queueClock: Clock;
  private readonly window: number;
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly queue: TaskQueue,
    private readonly reconciler: Reconciler,
    clock: Clock,
    @Inject(CONFIGURATION) { reflector }: Configuration,
  ) {
    this.queueClock = new QueueClock(clock, queue);
    this.window = reflector.reclaimWindow;
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), this.window * INTERVAL * 1000);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.underWay;
  }

  /** Reconciles the held runs whose claims are due; joins a round in progress. Never throws. */
  run(): Promise<void> {
    this.underWay ??= this.reconcileDue().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async reconcileDue(): Promise<void> {
    const now = this.queueClock.now();
    const due = this.queue
      .listHeldRuns()
      .filter(({ takenUntil }) => takenUntil > now && takenUntil - now < EARLY * this.window)
      .sort((one, other) => one.takenUntil - other.takenUntil);
    for (let at = 0; at < due.length && !this.stopping; at += CONCURRENCY)
      await Promise.all(due.slice(at, at + CONCURRENCY).map((run) => this.reconcile(run)));
  }

  private async reconcile({ taskId, runId }: HeldClaim): Promise<void> {
    try {
      // No message has been waited for: what one will announce is left to it.
      await this.reconciler.reconcile(taskId, { expectedFor: 0 });
    } catch (error) {
      this.logger.warn({ taskId, runId, error }, 'claimed run not reconciled; will retry');
    }
  }
}
