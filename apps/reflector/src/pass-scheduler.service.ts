import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import { CONFIGURATION, type Configuration, Heartbeats } from '@bbb/platform';
import { ReflectorPass } from './reflector-pass.service.js';

const LOOP = 'reflector-pass';

/** A pass that has not ended for so many intervals makes the process count as dead. */
const INTERVALS_OF_PATIENCE = 3;

/** Starts passes by the configured cron expression or interval, the first one at once. */
@Injectable()
export class PassScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly pass: ReflectorPass,
    private readonly heartbeats: Heartbeats,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  onApplicationBootstrap(): void {
    this.heartbeats.expect(LOOP, INTERVALS_OF_PATIENCE * this.start());
    void this.tick();
  }

  /** Returns the seconds between two passes, the longest that the schedule makes in the near future. */
  private start(): number {
    const { schedule } = this.configuration.reflector;
    if ('everySeconds' in schedule) {
      const timer = setInterval(() => void this.tick(), schedule.everySeconds * 1000);
      this.registry.addInterval(LOOP, timer);
      return schedule.everySeconds;
    }
    const job = CronJob.from({
      cronTime: schedule.cron,
      onTick: () => this.tick(),
      waitForCompletion: true,
      start: true,
    });
    this.registry.addCronJob(LOOP, job);
    const dates = job.nextDates(10).map((date) => date.toSeconds());
    return Math.max(...dates.slice(1).map((date, index) => date - (dates[index] ?? date)));
  }

  private async tick(): Promise<void> {
    await this.pass.run();
    this.heartbeats.beat(LOOP);
  }
}
