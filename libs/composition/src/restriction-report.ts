import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Buildbot, BuilderPolicy, type Restriction } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';

/** Seconds until a builder list that could not be read is asked for again. */
const RETRY = 60;

/** Builders that are compared with a pattern before anything else gets a turn. */
const AT_A_TIME = 50;

/**
 * Logs the restrictions in force once after the start, with the number of builders that each matches: a pattern with a
 * mistake in it restricts nobody, and nothing else would show that.
 */
@Injectable()
export class RestrictionReport implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Restrictions');
  private timer?: NodeJS.Timeout;
  private isOver = false;

  constructor(
    private readonly policy: BuilderPolicy,
    private readonly buildbot: Buildbot,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  onApplicationBootstrap(): void {
    void this.report();
  }

  onApplicationShutdown(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  /** Does not throw. */
  async report(): Promise<void> {
    const { restrictions } = this.policy;
    if (restrictions.length === 0) {
      this.logger.log('no builder is restricted');
      return;
    }
    try {
      await this.compare(restrictions, await this.buildbot.listBuilders());
    } catch (error) {
      // Health and metrics tell of a list that cannot be read.
      this.logger.debug({ error }, 'builder list not available; restrictions are compared with it later');
      if (this.isOver) return;
      this.timer = setTimeout(() => void this.report(), RETRY * 1000);
      this.timer.unref();
    }
  }

  private async compare(
    restrictions: readonly Restriction[],
    builders: readonly string[] | undefined,
  ): Promise<void> {
    for (const restriction of restrictions) {
      const { pattern } = restriction;
      if (!builders) {
        this.logger.log({ pattern }, 'restriction in force; there is no builder list to compare it with');
        continue;
      }
      const matched = await countMatches(restriction, builders);
      const fields = { pattern, matched, builders: builders.length };
      if (matched > 0) this.logger.log(fields, 'restriction in force');
      else this.logger.warn(fields, 'a pattern of restricted_builders matches no builder');
    }
    if (this.configuration.buildbot.kind === 'legacy') {
      this.logger.warn(
        'Buildbot may merge a request for a restricted builder with others of the same revision; turn mergeRequests off for these builders, see docs/security.md',
      );
    }
  }
}

async function countMatches(restriction: Restriction, builders: readonly string[]): Promise<number> {
  let matched = 0;
  for (let at = 0; at < builders.length; at += AT_A_TIME) {
    matched += builders.slice(at, at + AT_A_TIME).filter((name) => restriction.matches(name)).length;
    await nextTurn();
  }
  return matched;
}
