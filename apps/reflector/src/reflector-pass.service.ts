import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, TaskQueue, Telemetry, TurnStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { MissedRunsStep } from './missed-runs-step.service.js';

/**
 * Part of the interval that must lie between two passes. Half of it, so that a pass at an odd moment (a start, or a
 * process that was held up) does not keep the next regular one from its turn: at most one and a half intervals pass
 * without a pass, as long as any reflector lives.
 */
const LEAST_GAP = 0.5;

/**
 * One look at everything. Passes never overlap, several reflectors take turns at them, and a part that fails does not
 * keep the others from their work.
 */
@Injectable()
export class ReflectorPass implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ReflectorPass.name);
  private underWay: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly tracked: TrackedTasksStep,
    private readonly untracked: MissedRunsStep,
    private readonly orphans: OrphanRequestsStep,
    private readonly queue: TaskQueue,
    private readonly turns: TurnStore,
    private readonly reconciler: Reconciler,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * Makes a pass unless another reflector has made this interval's, or returns the one under way. Never throws.
   *
   * @param interval seconds between two passes
   */
  run(interval: number): Promise<void> {
    this.underWay ??= this.pass(interval).finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.reconciler.stop();
    await this.underWay;
  }

  private async pass(interval: number): Promise<void> {
    const begun = this.clock.now();
    if (!(await this.isOurTurn('pass', interval * LEAST_GAP))) return;
    const seen = new Set<number>();
    const tracked = this.part('tracked', () => this.tracked.run(seen));
    await Promise.all([
      tracked,
      this.part('pending', () => this.untracked.takeUp(this.queue.listPending())),
      this.part('orphans', () => this.orphans.run(tracked.then(() => seen))),
    ]);
    if (await this.isOurTurn('claimed', this.configuration.reflector.claimedInterval)) {
      await this.part('claimed', () => this.untracked.takeUp(this.queue.listClaimed()));
    }
    this.telemetry.observe('pass_seconds', this.clock.now() - begun);
  }

  private async isOurTurn(name: string, gap: number): Promise<boolean> {
    if (this.stopping) return false;
    let ours = false;
    await this.part('turn', async () => {
      ours = await this.turns.take(name, this.clock.now(), gap);
    });
    return ours;
  }

  private async part(part: string, work: () => Promise<void>): Promise<void> {
    if (this.stopping) return;
    try {
      await work();
      this.telemetry.set('last_success_timestamp', this.clock.now(), { loop: part });
    } catch (error) {
      if (this.stopping) return;
      this.logger.warn({ part, error }, 'part of the pass failed, to be tried in the next');
    }
  }
}
