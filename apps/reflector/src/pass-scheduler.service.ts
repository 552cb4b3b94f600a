import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { Clock, PassStore, Telemetry } from '@bbb/rules';
import { CONFIGURATION, type Configuration, measureGaps, type ScheduleGaps } from '@bbb/configuration';
import { Heartbeats } from '@bbb/platform';
import { ReflectorPass, STEPS } from './reflector-pass.service.js';

const LOOP = 'reflector-pass';

/** The process counts as dead when no pass has ended for so many intervals. */
const INTERVALS_OF_PATIENCE = 3;

/**
 * Each pass but the first is delayed at random by up to this share of the interval, so that no reflector always takes the
 * turn before the others.
 */
const JITTER = 0.1;

/** After a pass that failed, another reflector gets this share of the interval to take the next turn. */
const STAND_BACK = 0.5;

/** How often in an interval a reflector without a pass of its own looks whether another one needs help. */
const LOOKS = 6;

/** Starts the first pass at once, and further ones by the configured cron expression or interval. */
@Injectable()
export class PassScheduler implements OnApplicationBootstrap {
  private readonly logger = new Logger(PassScheduler.name);
  private gaps: ScheduleGaps = { least: 0, most: 0 };
  private hasFailed = false;
  private looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly pass: ReflectorPass,
    private readonly heartbeats: Heartbeats,
    private readonly telemetry: Telemetry,
    private readonly passes: PassStore,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  onApplicationBootstrap(): void {
    this.gaps = measureGaps(this.configuration.reflector.schedule);
    this.start();
    this.heartbeats.expect(LOOP, INTERVALS_OF_PATIENCE * this.gaps.most);
    this.exportIntervals();
    void this.runPass();
  }

  private start(): void {
    const { schedule } = this.configuration.reflector;
    if ('everySeconds' in schedule) {
      const timer = setInterval(() => void this.tick(), schedule.everySeconds * 1000);
      this.registry.addInterval(LOOP, timer);
      return;
    }
    const job = CronJob.from({
      cronTime: schedule.cron,
      onTick: () => this.tick(),
      waitForCompletion: true,
      start: true,
    });
    this.registry.addCronJob(LOOP, job);
  }

  private exportIntervals(): void {
    const { claimedInterval } = this.configuration.reflector;
    for (const step of STEPS) {
      const interval = step === 'claimed' ? Math.max(claimedInterval, this.gaps.most) : this.gaps.most;
      this.telemetry.set('loop_interval_seconds', interval, { loop: step });
    }
  }

  private async tick(): Promise<void> {
    const share = JITTER * Math.random() + (this.hasFailed ? STAND_BACK : 0);
    if (share > 0) await sleep(share * this.gaps.least);
    await this.runPass();
  }

  private async runPass(): Promise<void> {
    clearInterval(this.looking);
    const outcome = await this.pass.run(this.gaps);
    this.heartbeats.beat(LOOP);
    this.hasFailed = outcome === 'failed';
    if (outcome === 'finished') await this.noteFinished();
    if (outcome === 'not-due') this.lookForOffers();
  }

  private lookForOffers(): void {
    // Each tick during a long pass waits for its end, and comes here then.
    clearInterval(this.looking);
    const milliseconds = (this.gaps.least * 1000) / LOOKS;
    this.looking = setInterval(() => void this.pass.help(this.gaps), milliseconds).unref();
  }

  /** Records the end of the pass for all instances; after a failure the next pass records it again. */
  private async noteFinished(): Promise<void> {
    try {
      await this.passes.noteFinished(this.clock.now());
    } catch (error) {
      this.logger.warn(
        { error },
        'the time of the last finished pass is not stored; will retry after the next pass',
      );
    }
  }
}

/** @param seconds during which the process may end */
function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
}
