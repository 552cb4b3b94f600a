import { Module, type DynamicModule } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import { OutsideSystemsModule, type Overrides, pulseModule } from '@bbb/composition';
import { BuildEventsController } from './build-events.controller.js';
import { BuildFinishedService } from './build-finished.service.js';
import { BuildStartedService } from './build-started.service.js';
import { subscriptionsOf } from './subscriptions.js';
import { TrackedBuilds } from './tracked-builds.js';

/** Listens to Buildbot: claims tasks whose builds start, and resolves those whose builds have ended. */
@Module({})
export class BbListenerModule {
  static register(configuration: Configuration, overrides: Overrides = {}): DynamicModule {
    return {
      module: BbListenerModule,
      imports: [
        OutsideSystemsModule.register(configuration),
        pulseModule(configuration, subscriptionsOf(configuration), overrides),
      ],
      controllers: [BuildEventsController],
      providers: [TrackedBuilds, BuildStartedService, BuildFinishedService],
    };
  }
}
