import { Module, type DynamicModule } from '@nestjs/common';
import type { BuildbotMastersOptions } from '@bbb/modern-buildbot';
import { Buildbot } from '@bbb/rules';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS } from './health.js';
import { legacyParts, type LegacyOptions } from './legacy/legacy-parts.js';
import { modernParts } from './modern/modern-parts.js';

export interface BuildbotOptions extends LegacyOptions {
  /** Which kind of Buildbot it is; the others' options are not read. */
  buildbot: { kind: 'legacy' } | ({ kind: 'modern' } & BuildbotMastersOptions);
}

/** Provides the Buildbot port, its health checks and its log hosts; what they are made of stays inside. */
@Module({})
export class BuildbotModule {
  static register({ buildbot, ...legacy }: BuildbotOptions): DynamicModule {
    return {
      module: BuildbotModule,
      ...(buildbot.kind === 'modern' ? modernParts(buildbot) : legacyParts(legacy)),
      exports: [Buildbot, BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS],
    };
  }
}
