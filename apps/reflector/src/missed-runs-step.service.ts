import { Inject, Injectable, Logger } from '@nestjs/common';
import { BuilderPolicy, type ListedRun, TaskStore } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { eachAtOnce } from './for-each-concurrently.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Takes up runs that the queue lists and no row knows: pending ones that the bridge was never told about, because
 * Pulse may lose any message, and claimed ones whose rows were lost with the bridge's database.
 */
@Injectable()
export class MissedRunsStep {
  private readonly logger = new Logger(MissedRunsStep.name);

  constructor(
    private readonly store: TaskStore,
    private readonly reconciler: Reconciler,
    private readonly policy: BuilderPolicy,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * @throws Unavailable when the list cannot be read, once the runs before are taken up; Refused when the credentials
   *   do not suffice
   */
  async takeUp(listed: AsyncIterable<ListedRun>, verdicts = new VerdictCounts()): Promise<void> {
    const { batch } = this.configuration.reflector;
    const page: ListedRun[] = [];
    try {
      for await (const run of listed) {
        if (!this.isIgnored(run)) page.push(run);
        if (page.length === batch) await this.untracked(page.splice(0), verdicts);
        if (this.reconciler.isStopping) return;
      }
    } finally {
      // What was read is taken up whatever comes after it: the same page may fail in every pass.
      await this.untracked(page, verdicts);
    }
  }

  /** Ignored builders' tasks stay pending for somebody else, and would be read in every pass. */
  private isIgnored({ definition }: ListedRun): boolean {
    const named = (definition.payload as { buildername?: unknown } | null)?.buildername;
    return typeof named === 'string' && this.policy.judge(named, definition.scopes).is === 'ignored';
  }

  private async untracked(page: readonly ListedRun[], verdicts: VerdictCounts): Promise<void> {
    if (page.length === 0 || this.reconciler.isStopping) return;
    const tracked = new Set(
      (await this.store.byTaskIds(page.map(({ taskId }) => taskId))).map(({ taskId }) => taskId),
    );
    const missed = page.filter(({ taskId }) => !tracked.has(taskId));
    await eachAtOnce(
      missed,
      this.configuration.reflector.concurrency,
      () => this.reconciler.isStopping,
      async ({ taskId, definition }) => {
        try {
          await verdicts.countOutcome(this.reconciler.reconcile(taskId, { definition }));
        } catch (error) {
          this.logger.warn({ taskId, error }, 'listed task not reconciled, to be tried in the next pass');
        }
      },
    );
  }
}
