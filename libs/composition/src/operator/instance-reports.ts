import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, InstanceStore, type MetricName } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { HealthChecks, Lifecycle, Metrics, readVersion } from '@bbb/platform';
import { createInstanceId, readIdentity } from './instance-identity.js';

/** Seconds between two reports. */
const INTERVAL = 30;

/** Seconds from the start to the first report, when the health checks have something to tell. */
const FIRST = 1;

/** Seconds after which a silent instance is removed, and the number of reports between two removals. */
const GONE_AFTER = 24 * 3600;
const REMOVAL_EVERY = 120;

const MESSAGES: MetricName = 'messages_total';
const PASSES: MetricName = 'pass_seconds';

/** Reports this instance to the others and to operators, in the bridge database. A report that fails harms nothing. */
@Injectable()
export class InstanceReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('InstanceReports');
  private readonly identity = readIdentity();
  private readonly id: string;
  private readonly startedAt: number;
  private timer: NodeJS.Timeout | undefined;
  private reporting: Promise<void> = Promise.resolve();
  private count = 0;
  private hasFailed = false;

  constructor(
    private readonly instances: InstanceStore,
    private readonly checks: HealthChecks,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {
    this.id = createInstanceId(configuration.service, this.identity);
    this.startedAt = clock.now();
  }

  onApplicationBootstrap(): void {
    this.reportIn(FIRST);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.reporting;
    await this.instances.remove(this.id).catch(() => undefined);
  }

  private reportIn(seconds: number): void {
    this.timer = setTimeout(() => {
      // A service that is still starting is not unwell.
      if (this.lifecycle.findProblem() === 'starting') this.reportIn(FIRST);
      else this.reporting = this.report().finally(() => this.reportIn(INTERVAL));
    }, seconds * 1000).unref();
  }

  private async report(): Promise<void> {
    try {
      const problems = await this.checks.findProblems();
      const now = this.clock.now();
      await this.instances.report({
        id: this.id,
        service: this.configuration.service,
        ...this.identity,
        version: readVersion(),
        startedAt: this.startedAt,
        seenAt: now,
        lastPassAt: this.metrics.readLastUse(PASSES) ?? null,
        lastMessageAt: this.metrics.readLastUse(MESSAGES) ?? null,
        problems,
      });
      if (this.count++ % REMOVAL_EVERY === 0) await this.instances.removeSilentSince(now - GONE_AFTER);
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed)
        this.logger.warn({ error }, 'instance cannot report itself; the work is not affected');
      this.hasFailed = true;
    }
  }
}
