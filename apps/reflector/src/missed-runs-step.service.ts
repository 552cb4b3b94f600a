import { Inject, Injectable, Logger } from '@nestjs/common';
import { Buildbot, BuilderPolicy, type ListedRun, TaskStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { forEachConcurrently } from './for-each-concurrently.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Reconciles runs that the queue lists and that have no row: pending runs whose message was lost, because Pulse may lose
 * any message, and claimed runs whose rows were lost with the bridge's database.
 */
@Injectable()
export class MissedRunsStep {
  private readonly logger = new Logger(MissedRunsStep.name);

  constructor(
    private readonly store: TaskStore,
    private readonly buildbot: Buildbot,
    private readonly reconciler: Reconciler,
    private readonly policy: BuilderPolicy,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * @throws Unavailable when the list cannot be read, after the runs listed so far are reconciled
   * @throws Refused when the credentials are not sufficient
   */
  async reconcileListed(listed: AsyncIterable<ListedRun>, verdicts = new VerdictCounts()): Promise<void> {
    const { batch } = this.configuration.reflector;
    const page: ListedRun[] = [];
    try {
      for await (const run of listed) {
        if (!this.isIgnored(run)) page.push(run);
        if (page.length === batch) await this.reconcileUntracked(page.splice(0), verdicts);
        if (this.reconciler.isStopping) return;
      }
    } finally {
      // Also after an error: reading the list may fail at the same page in every pass.
      await this.reconcileUntracked(page, verdicts);
    }
  }

  /**
   * The same for pending runs, of which those whose builders have no room, or are paused, are left out: they would cost a
   * read each.
   */
  reconcilePending(listed: AsyncIterable<ListedRun>, verdicts = new VerdictCounts()): Promise<void> {
    return this.reconcileListed(this.selectThoseWithRoom(listed), verdicts);
  }

  private async *selectThoseWithRoom(listed: AsyncIterable<ListedRun>): AsyncGenerator<ListedRun> {
    for await (const run of listed) {
      const name = readBuilderName(run);
      if (name !== undefined && (await this.reconciler.isPaused(name))) continue;
      // Without an answer from Buildbot, the reconciliation finds out what can be done.
      if (name === undefined || (await this.buildbot.hasRoomFor(name).catch(() => true))) yield run;
    }
  }

  /** Tasks of ignored builders stay pending for another installation, and would be reconciled in every pass. */
  private isIgnored(run: ListedRun): boolean {
    const name = readBuilderName(run);
    return name !== undefined && this.policy.judge(name, run.definition.scopes).is === 'ignored';
  }

  private async reconcileUntracked(page: readonly ListedRun[], verdicts: VerdictCounts): Promise<void> {
    if (page.length === 0 || this.reconciler.isStopping) return;
    const tracked = new Set(
      (await this.store.findByTaskIds(page.map(({ taskId }) => taskId))).map(({ taskId }) => taskId),
    );
    const missed = page.filter(({ taskId }) => !tracked.has(taskId));
    await forEachConcurrently(
      missed,
      this.configuration.reflector.concurrency,
      () => this.reconciler.isStopping,
      async ({ taskId, definition }) => {
        try {
          const whole = definition.isAbridged ? undefined : definition;
          // Another process may be at work on the task: what its message announces is left to it for the grace.
          const given = { definition: whole, expectedFor: 0 };
          await verdicts.countOutcome(this.reconciler.reconcile(taskId, given));
        } catch (error) {
          this.logger.warn({ taskId, error }, 'listed task not reconciled; will retry on the next pass');
        }
      },
    );
  }
}

function readBuilderName({ definition }: ListedRun): string | undefined {
  const name = (definition.payload as { buildername?: unknown } | null)?.buildername;
  return typeof name === 'string' ? name : undefined;
}
