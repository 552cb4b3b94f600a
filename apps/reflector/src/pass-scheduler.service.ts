import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { Telemetry } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Heartbeats } from '@bbb/platform';
import { type Gaps, ReflectorPass, STEPS } from './reflector-pass.service.js';

const LOOP = 'reflector-pass';

/** Number of dates of a cron schedule from which its gaps are computed. */
const SAMPLE = 50;

/** The process counts as dead when no pass has ended for so many intervals. */
const INTERVALS_OF_PATIENCE = 3;

/** Starts the first pass at once, and further ones by the configured cron expression or interval. */
@Injectable()
export class PassScheduler implements OnApplicationBootstrap {
  /** Shortest and longest time between two passes in seconds. */
  private gaps: Gaps = { least: 0, most: 0 };

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly pass: ReflectorPass,
    private readonly heartbeats: Heartbeats,
    private readonly telemetry: Telemetry,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  onApplicationBootstrap(): void {
    this.gaps = this.start();
    this.heartbeats.expect(LOOP, INTERVALS_OF_PATIENCE * this.gaps.most);
    this.exportIntervals();
    void this.tick();
  }

  private start(): Gaps {
    const { schedule } = this.configuration.reflector;
    if ('everySeconds' in schedule) {
      const timer = setInterval(() => void this.tick(), schedule.everySeconds * 1000);
      this.registry.addInterval(LOOP, timer);
      return { least: schedule.everySeconds, most: schedule.everySeconds };
    }
    const job = CronJob.from({
      cronTime: schedule.cron,
      onTick: () => this.tick(),
      waitForCompletion: true,
      start: true,
    });
    this.registry.addCronJob(LOOP, job);
    return gapsOf(job.nextDates(SAMPLE).map((date) => date.toSeconds()));
  }

  private exportIntervals(): void {
    const { claimedInterval } = this.configuration.reflector;
    for (const step of STEPS) {
      const interval = step === 'claimed' ? Math.max(claimedInterval, this.gaps.most) : this.gaps.most;
      this.telemetry.set('loop_interval_seconds', interval, { loop: step });
    }
  }

  private async tick(): Promise<void> {
    await this.pass.run(this.gaps);
    this.heartbeats.beat(LOOP);
  }
}

function gapsOf(dates: readonly number[]): Gaps {
  const gaps = dates.slice(1).map((date, index) => date - dates[index]!);
  return { least: Math.min(...gaps), most: Math.max(...gaps) };
}
