import { type DynamicModule, Module } from '@nestjs/common';
import { BuildbotModule } from '@bbb/buildbot';
import { type Configuration, listSecrets } from '@bbb/configuration';
import { Metrics, PlatformModule, Redactor, SystemClock } from '@bbb/platform';
import { Clock, METRICS, Redaction, Telemetry } from '@bbb/rules';
import { createBuildbotOptions } from './buildbot-options.js';

@Module({})
class CommandModule {}

/** What a command needs to talk to Buildbot, and further modules; it serves nothing. */
export function createCommandModule(
  configuration: Configuration,
  imports: DynamicModule[] = [],
): DynamicModule {
  const shared = {
    module: class Shared {},
    global: true,
    providers: [
      { provide: Clock, useExisting: SystemClock },
      { provide: Telemetry, inject: [Metrics], useFactory: (metrics: Metrics) => metrics.define(METRICS) },
      { provide: Redaction, useExisting: Redactor },
    ],
    exports: [Clock, Telemetry, Redaction],
  };
  return {
    module: CommandModule,
    imports: [
      PlatformModule.register(new Redactor(listSecrets(configuration))),
      shared,
      ...imports,
      BuildbotModule.register(createBuildbotOptions(configuration)),
    ],
  };
}
