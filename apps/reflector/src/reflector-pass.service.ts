import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, TaskQueue, Telemetry, TurnStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration, type ScheduleGaps } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { OPEN_STATES, OverdueRequests } from './overdue-requests.js';
import { SharedWalks } from './walk/shared-walks.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { MissedRunsStep } from './missed-runs-step.service.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Minimum time between two passes, as a part of the interval. Half of it, so that an irregular pass (at a start, or of a
 * delayed process) does not skip the next regular one: while any reflector runs, passes are at most one and a half
 * intervals apart.
 */
const LEAST_GAP = 0.5;

/**
 * How a pass went: every step worked, one failed, or another reflector makes this interval's pass; this one may have
 * helped it.
 */
export type PassOutcome = 'finished' | 'failed' | 'not-due';

/** Loops whose successes and intervals are exported: a turn is taken, then the steps of a pass run. */
export const STEPS = ['turn', 'tracked', 'pending', 'orphans', 'claimed'] as const;

/**
 * Makes one pass over all tasks. Passes do not overlap, several reflectors take turns, and a failed step does not stop the
 * other steps.
 */
@Injectable()
export class ReflectorPass implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ReflectorPass.name);
  private underWay: Promise<PassOutcome> | undefined;
  private stopping = false;
  /** Whether this reflector could reach every system lately: what one takes that cannot is lost to the pass that it helps. */
  private isWell = false;
  /** Whether another reflector has ever had a turn that this one wanted; a lone one has nobody to help. */
  private hasCompany = false;

  constructor(
    private readonly trackedTasks: TrackedTasksStep,
    private readonly missedRuns: MissedRunsStep,
    private readonly orphanRequests: OrphanRequestsStep,
    private readonly queue: TaskQueue,
    private readonly turns: TurnStore,
    private readonly walks: SharedWalks,
    private readonly reconciler: Reconciler,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * Makes a pass unless another reflector has made the one of this interval; joins a pass in progress. Never throws.
   *
   * @param gaps between two passes, as they are scheduled
   */
  run(gaps: ScheduleGaps): Promise<PassOutcome> {
    this.underWay ??= this.makePass(gaps).finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  /**
   * Helps another reflector with a pass that takes long, if there is one; does nothing during a pass. Never throws.
   *
   * @param gaps between two passes, as they are scheduled
   */
  async help({ most }: ScheduleGaps): Promise<void> {
    const help = async (): Promise<PassOutcome> =>
      (await this.helpOther(most)) === false ? 'failed' : 'not-due';
    this.underWay ??= help().finally(() => (this.underWay = undefined));
    await this.underWay;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.reconciler.stop();
    await this.underWay;
  }

  private async makePass({ least, most }: ScheduleGaps): Promise<PassOutcome> {
    const helped = await this.helpOther(most);
    if (helped === false) return 'failed';
    const begun = this.clock.now();
    const turn = await this.takeTurn('pass', least * LEAST_GAP);
    if (turn === undefined) {
      this.hasCompany ||= !this.stopping;
      if (helped === undefined) this.reportOverdue(undefined);
      return 'not-due';
    }
    const verdicts = new VerdictCounts();
    const overdue = new OverdueRequests(begun, this.configuration.reflector.stuckGrace);
    const tracked = this.runStep('tracked', () =>
      this.trackedTasks.run({ begun, interval: most }, verdicts, overdue),
    );
    const works = await Promise.all([
      tracked,
      // Once it is known how much is missing: in a wrong database nothing is created.
      tracked.then(() =>
        this.runStep('pending', () => this.missedRuns.reconcilePending(this.queue.listPending(), verdicts)),
      ),
      this.runStep('orphans', () => this.orphanRequests.run(tracked, verdicts)),
    ]);
    const claimedTurn = await this.takeTurn('claimed', this.configuration.reflector.claimedInterval);
    if (claimedTurn !== undefined) {
      const work = () => this.missedRuns.reconcileListed(this.queue.listClaimed(), verdicts);
      if (!(await this.runStep('claimed', work))) await this.giveBack('claimed', claimedTurn);
    }
    this.reportOverdue(works[0] ? overdue : undefined);
    const hasFailed = works.includes(false);
    this.isWell = !hasFailed;
    if (hasFailed) await this.giveBack('pass', turn);
    // A pass that was stopped midway has not seen everything.
    if (this.stopping) return 'not-due';
    const seconds = this.clock.now() - begun;
    this.telemetry.observe('pass_seconds', seconds);
    const nextDueBy = new Date((begun + most) * 1000).toISOString();
    this.logger.log({ verdicts: verdicts.toObject(), seconds: round(seconds), nextDueBy }, 'pass finished');
    return hasFailed ? 'failed' : 'finished';
  }

  /** @returns whether it could; undefined when no other reflector needs help, or this one has failed lately */
  private async helpOther(interval: number): Promise<boolean | undefined> {
    const pass = this.isWell && this.hasCompany ? await this.findOffered(interval) : undefined;
    if (pass === undefined) return undefined;
    const begun = this.clock.now();
    const verdicts = new VerdictCounts();
    const overdue = new OverdueRequests(begun, this.configuration.reflector.stuckGrace);
    this.isWell = await this.runStep('tracked', () => this.trackedTasks.help(pass, verdicts, overdue));
    this.reportOverdue(this.isWell ? overdue : undefined);
    const seconds = round(this.clock.now() - begun);
    if (!this.stopping)
      this.logger.log({ verdicts: verdicts.toObject(), seconds }, 'helped another reflector with its pass');
    return this.isWell;
  }

  private async findOffered(interval: number): Promise<number | undefined> {
    let pass: number | undefined;
    await this.runStep('turn', async () => {
      pass = await this.walks.findOffered(interval);
    });
    return pass;
  }

  /** Without a pass of its own this reflector does not know them; another one reports them. */
  private reportOverdue(found: OverdueRequests | undefined): void {
    this.telemetry.set('stuck_requests', found?.stuckRequests ?? NaN);
    for (const state of OPEN_STATES)
      this.telemetry.set('open_requests', found?.countOpen(state) ?? NaN, { state });
    this.telemetry.set('cancellation_age_seconds', found?.cancellationAge ?? NaN);
  }

  /** @returns when the turn was taken; undefined when another reflector has it */
  private async takeTurn(name: string, gap: number): Promise<number | undefined> {
    if (this.stopping) return undefined;
    let takenAt: number | undefined;
    await this.runStep('turn', async () => {
      const now = this.clock.now();
      if (await this.turns.take(name, now, gap)) takenAt = now;
    });
    return takenAt;
  }

  /** Another reflector may reach the systems that this one cannot. */
  private giveBack(name: string, takenAt: number): Promise<boolean> {
    return this.runStep('turn', () => this.turns.giveBack(name, takenAt));
  }

  /** @returns false when the work failed */
  private async runStep(step: (typeof STEPS)[number], work: () => Promise<void>): Promise<boolean> {
    if (this.stopping) return true;
    try {
      await work();
      this.telemetry.set('last_success_timestamp_seconds', this.clock.now(), { loop: step });
      return true;
    } catch (error) {
      if (this.stopping) return true;
      this.logger.warn({ step, error }, 'reflector step failed; will retry on the next pass');
      return false;
    }
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
