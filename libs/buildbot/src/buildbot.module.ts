import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import type { BuildbotMastersOptions } from '@bbb/modern-buildbot';
import { Buildbot } from '@bbb/rules';
import { BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS } from './health.js';
import type { LegacyOptions } from './legacy/legacy-parts.js';

export interface BuildbotOptions extends LegacyOptions {
  /** The kind of Buildbot; options of the other kind are ignored. */
  buildbot: { kind: 'legacy' } | ({ kind: 'modern' } & BuildbotMastersOptions);
}

/** Provides the Buildbot port, its health checks and its log hosts. */
@Module({})
export class BuildbotModule {
  static async register(options: BuildbotOptions): Promise<DynamicModule> {
    const { exports = [], ...parts } = await createParts(options);
    return {
      module: BuildbotModule,
      ...parts,
      exports: [Buildbot, BUILDBOT_HEALTH, BUILDBOT_LOG_HOSTS, ...exports],
    };
  }
}

/** The code of the other kind is not loaded. */
async function createParts({ buildbot, ...legacy }: BuildbotOptions): Promise<ModuleMetadata> {
  if (buildbot.kind === 'modern')
    return (await import('./modern/modern-parts.js')).createModernParts(buildbot);
  return (await import('./legacy/legacy-parts.js')).createLegacyParts(legacy);
}
