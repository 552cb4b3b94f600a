import { Module, type DynamicModule } from '@nestjs/common';
import { createBuildSubscriptions } from '@bbb/buildbot';
import type { Configuration } from '@bbb/configuration';
import { OutsideSystemsModule, type Overrides, createPulseModule } from '@bbb/composition';
import { BuildEventsController } from './build-events.controller.js';
import { BuildFinishedService } from './build-finished.service.js';
import { BuildStartedService } from './build-started.service.js';
import { HeldRunsReclaimer } from './held-runs-reclaimer.service.js';
import { TrackedBuilds } from './tracked-builds.js';

/** Listens to Buildbot: claims tasks whose builds start, and resolves those whose builds have ended. */
@Module({})
export class BbListenerModule {
  static register(configuration: Configuration, overrides: Overrides = {}): DynamicModule {
    const { buildbotExchange, queueBasename } = configuration.pulse;
    const subscriptions = createBuildSubscriptions(buildbotExchange, queueBasename);
    return {
      module: BbListenerModule,
      imports: [
        OutsideSystemsModule.register(configuration),
        createPulseModule(configuration, subscriptions, overrides),
      ],
      controllers: [BuildEventsController],
      providers: [TrackedBuilds, BuildStartedService, BuildFinishedService, HeldRunsReclaimer],
    };
  }
}
