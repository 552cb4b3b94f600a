import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock, type GaugeName, MessageStore, PassStore, PauseStore, TaskQueue, TaskStore } from '@bbb/rules';
import { QueueClock } from '@bbb/reconciler';
import { Metrics, readVersion } from '@bbb/platform';

/** Gauges of shared state, read from the bridge database, so that every instance exports the same values. */
@Injectable()
export class StateGauges implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly tasks: TaskStore,
    private readonly messages: MessageStore,
    private readonly passes: PassStore,
    private readonly pauses: PauseStore,
    private readonly clock: Clock,
    private readonly queue: TaskQueue,
  ) {}

  onModuleInit(): void {
    const queueClock = new QueueClock(this.clock, this.queue);
    this.metrics.set('build_info', 1, { version: readVersion(), node: process.version });
    this.metrics.collect(['tracked_tasks', 'claim_margin_least_seconds'] satisfies GaugeName[], async () => {
      const { claimed, unclaimed, leastTakenUntil } = await this.tasks.readStatistics();
      return {
        tracked_tasks: [
          { labels: { state: 'claimed' }, value: claimed },
          { labels: { state: 'unclaimed' }, value: unclaimed },
        ],
        // Without a claim there is no margin; NaN is not below any threshold.
        claim_margin_least_seconds: [{ value: (leastTakenUntil ?? NaN) - queueClock.now() }],
      };
    });
    this.metrics.collect(
      ['tracked_missing', 'absence_doubted', 'pass_finished_timestamp_seconds'] satisfies GaugeName[],
      async () => {
        const { missing, doubtedSince, finishedAt } = await this.passes.read();
        return {
          tracked_missing: [{ value: missing }],
          absence_doubted: [{ value: doubtedSince === null ? 0 : 1 }],
          pass_finished_timestamp_seconds: [{ value: finishedAt ?? NaN }],
        };
      },
    );
    this.metrics.collect(['pauses'] satisfies GaugeName[], async () => ({
      pauses: [{ value: (await this.pauses.list()).length }],
    }));
    // Read separately from the tasks: a service may lack the right to read messages.
    this.metrics.collect(['kept_messages'] satisfies GaugeName[], async () => {
      const parked = await this.messages.count('parked');
      const quarantined = await this.messages.count('quarantined');
      return {
        kept_messages: [
          { labels: { state: 'parked' }, value: parked },
          { labels: { state: 'quarantined' }, value: quarantined },
        ],
      };
    });
  }
}
