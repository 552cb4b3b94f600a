import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { BuildHints, createBuildSubscriptions } from '@bbb/buildbot';
import type { Configuration } from '@bbb/configuration';
import { OutsideSystemsModule, type Overrides, createPulseModule } from '@bbb/composition';
import { HEALTH_CHECKS, type HealthCheck } from '@bbb/platform';
import { BuildEventsController } from './build-events.controller.js';
import { BuildFinishedService } from './build-finished.service.js';
import { BuildStartedService } from './build-started.service.js';
import { HeldRunsReclaimer } from './held-runs-reclaimer.service.js';
import { HintedRequests } from './modern/hinted-requests.js';
import { HintReceiver } from './modern/hint-receiver.service.js';
import { PushServer } from './modern/push-server.js';
import { TrackedBuilds } from './tracked-builds.js';

/** Listens to Buildbot: claims tasks whose builds start, and resolves those whose builds have ended. */
@Module({})
export class BbListenerModule {
  static register(configuration: Configuration, overrides: Overrides = {}): DynamicModule {
    const parts =
      configuration.buildbot.kind === 'modern'
        ? createHintParts(configuration)
        : createMessageParts(configuration, overrides);
    return {
      module: BbListenerModule,
      ...parts,
      imports: [OutsideSystemsModule.register(configuration), ...(parts.imports ?? [])],
    };
  }
}

/** Buildbot 0.8 sends messages through Pulse. */
function createMessageParts(configuration: Configuration, overrides: Overrides): ModuleMetadata {
  const { buildbotExchange, queueBasename } = configuration.pulse;
  const subscriptions = createBuildSubscriptions(buildbotExchange, queueBasename);
  return {
    imports: [createPulseModule(configuration, subscriptions, overrides)],
    controllers: [BuildEventsController],
    providers: [TrackedBuilds, BuildStartedService, BuildFinishedService, HeldRunsReclaimer],
  };
}

/** The masters of a modern Buildbot give hints. */
function createHintParts({ buildbot }: Configuration): ModuleMetadata {
  const { pushHost: host, pushPort: port, pushSecret: secret } = buildbot;
  return {
    providers: [
      HintedRequests,
      HintReceiver,
      HeldRunsReclaimer,
      { provide: PushServer, useValue: new PushServer({ host, port, secret }) },
      {
        provide: HEALTH_CHECKS,
        inject: [BuildHints],
        useFactory: (hints: BuildHints): HealthCheck[] => [
          { name: 'buildbot-events', kind: 'degraded', check: () => hints.findProblem() },
        ],
      },
    ],
  };
}
