import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, TaskQueue, Telemetry, TurnStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { MissedRunsStep } from './missed-runs-step.service.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Part of the interval that must lie between two passes. Half of it, so that a pass at an odd moment (a start, or a
 * process that was held up) does not keep the next regular one from its turn: at most one and a half intervals pass
 * without a pass, as long as any reflector lives.
 */
const LEAST_GAP = 0.5;

/** Seconds between two passes, at least and at most. */
export interface Gaps {
  least: number;
  most: number;
}

/** Loops whose successes and intervals are exported: a turn is taken, then the steps of a pass run. */
export const STEPS = ['turn', 'tracked', 'pending', 'orphans', 'claimed'] as const;

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
   * @param gaps between two passes, as they are scheduled
   */
  run(gaps: Gaps): Promise<void> {
    this.underWay ??= this.pass(gaps).finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.reconciler.stop();
    await this.underWay;
  }

  private async pass({ least, most }: Gaps): Promise<void> {
    const begun = this.clock.now();
    const turn = await this.takeTurn('pass', least * LEAST_GAP);
    if (turn === undefined) return;
    const seen = new Set<number>();
    const verdicts = new VerdictCounts();
    const tracked = this.part('tracked', () => this.tracked.run(seen, verdicts));
    const works = await Promise.all([
      tracked,
      this.part('pending', () => this.untracked.takeUp(this.queue.listPending(), verdicts)),
      this.part('orphans', () =>
        this.orphans.run(
          tracked.then(() => seen),
          verdicts,
        ),
      ),
    ]);
    const claimedTurn = await this.takeTurn('claimed', this.configuration.reflector.claimedInterval);
    if (claimedTurn !== undefined) {
      const work = () => this.untracked.takeUp(this.queue.listClaimed(), verdicts);
      if (!(await this.part('claimed', work))) await this.giveBack('claimed', claimedTurn);
    }
    if (works.includes(false)) await this.giveBack('pass', turn);
    if (this.stopping) return;
    const seconds = this.clock.now() - begun;
    this.telemetry.observe('pass_seconds', seconds);
    const nextDueBy = new Date((begun + most) * 1000).toISOString();
    this.logger.log({ verdicts: verdicts.toObject(), seconds: round(seconds), nextDueBy }, 'pass finished');
  }

  /** @returns when the turn was taken; undefined when it is not ours */
  private async takeTurn(name: string, gap: number): Promise<number | undefined> {
    if (this.stopping) return undefined;
    let takenAt: number | undefined;
    await this.part('turn', async () => {
      const now = this.clock.now();
      if (await this.turns.take(name, now, gap)) takenAt = now;
    });
    return takenAt;
  }

  /** Another reflector may reach what this one cannot. */
  private giveBack(name: string, takenAt: number): Promise<boolean> {
    return this.part('turn', () => this.turns.giveBack(name, takenAt));
  }

  /** @returns false when the work failed */
  private async part(part: (typeof STEPS)[number], work: () => Promise<void>): Promise<boolean> {
    if (this.stopping) return true;
    try {
      await work();
      this.telemetry.set('last_success_timestamp_seconds', this.clock.now(), { loop: part });
      return true;
    } catch (error) {
      if (this.stopping) return true;
      this.logger.warn({ part, error }, 'reflector step failed; will retry on the next pass');
      return false;
    }
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
