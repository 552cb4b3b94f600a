import type { DynamicModule, INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Configuration } from '@bbb/configuration';
import { HEALTH_CHECKS, type HealthCheck } from '@bbb/platform';
import { PulseModule, type PulseOptions, PulseServer, type Subscription } from '@bbb/pulse';
import { withSettings } from './health-settings.js';
import type { Overrides } from './overrides.js';

/** The options with which a listener connects to Pulse and handles messages. */
export function createPulseOptions(
  { pulse, parking }: Configuration,
  subscriptions: Subscription[],
  overrides: Overrides,
): PulseOptions {
  const {
    prefetch,
    queueBasename: _queues,
    taskclusterExchangeBasename: _tasks,
    buildbotExchange: _builds,
    insecureSsl,
    ...broker
  } = pulse;
  const connection = { ...broker, tlsVerify: !insecureSsl };
  return { connection, prefetch, subscriptions, parking, ...overrides };
}

/** The Pulse module of a listener, with its readiness check. */
export function createPulseModule(
  configuration: Configuration,
  subscriptions: Subscription[],
  overrides: Overrides,
): DynamicModule {
  const module = PulseModule.register(createPulseOptions(configuration, subscriptions, overrides));
  return {
    ...module,
    providers: [
      ...(module.providers ?? []),
      {
        provide: HEALTH_CHECKS,
        inject: [PulseServer],
        useFactory: (server: PulseServer): HealthCheck[] =>
          withSettings(
            [{ name: 'pulse', kind: 'ready', check: async () => server.findProblem() }],
            configuration,
          ),
      },
    ],
  };
}

/** Connects the application to Pulse as a microservice; with a modern Buildbot, bb-listener has no Pulse module. */
export function connectPulse(app: INestApplication): void {
  const modules = [...app.get(ModulesContainer).values()];
  if (!modules.some(({ metatype }) => metatype === PulseModule)) return;
  app.connectMicroservice({ strategy: app.get(PulseServer) }, { inheritAppConfig: true });
}
