import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, Telemetry } from '@bbb/bridge';
import { Reconciler } from '@bbb/reconciler';
import { OrphanSweep } from './orphan-sweep.service.js';
import { PendingPoll } from './pending-poll.service.js';
import { TrackedWalk } from './tracked-walk.service.js';

/** The parts of a pass, most urgent first: claims run out, a pending task does not. */
type Part = 'tracked' | 'pending' | 'orphans';

/** One look at everything. Passes never overlap; a part that fails does not keep the others from their work. */
@Injectable()
export class ReflectorPass implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ReflectorPass.name);
  private underWay: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly tracked: TrackedWalk,
    private readonly pending: PendingPoll,
    private readonly orphans: OrphanSweep,
    private readonly reconciler: Reconciler,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {}

  /** Makes a pass, or returns the one under way. Never throws. */
  run(): Promise<void> {
    this.underWay ??= this.pass().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.reconciler.stop();
    await this.underWay;
  }

  private async pass(): Promise<void> {
    const begun = this.clock.now();
    await this.part('tracked', () => this.tracked.run());
    await this.part('pending', () => this.pending.run());
    await this.part('orphans', () => this.orphans.run());
    this.telemetry.observe('cycle_seconds', this.clock.now() - begun);
  }

  private async part(part: Part, work: () => Promise<void>): Promise<void> {
    if (this.stopping) return;
    try {
      await work();
      this.telemetry.set('last_success_timestamp', this.clock.now(), { loop: part });
    } catch (error) {
      if (!this.stopping)
        this.logger.warn({ part, error }, 'part of the pass failed, to be tried in the next');
    }
  }
}
