import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import { HEALTH_CHECKS, type HealthCheck } from '@bbb/platform';
import { PulseModule, PulseServer, type Subscription } from '@bbb/pulse';
import type { Overrides } from './overrides.js';

/** Pulse for a listener, with its part in readiness. */
export function pulseModule(
  { pulse, parking }: Configuration,
  subscriptions: Subscription[],
  overrides: Overrides,
): DynamicModule {
  const {
    prefetch,
    queueBasename: _queues,
    taskclusterExchangeBasename: _tasks,
    buildbotExchange: _builds,
    insecureSsl,
    ...broker
  } = pulse;
  const connection = { ...broker, tlsVerify: !insecureSsl };
  const module = PulseModule.register({ connection, prefetch, subscriptions, parking, ...overrides });
  return {
    ...module,
    providers: [
      ...(module.providers ?? []),
      {
        provide: HEALTH_CHECKS,
        inject: [PulseServer],
        useFactory: (server: PulseServer): HealthCheck[] => [
          { name: 'pulse', kind: 'ready', check: async () => server.problem() },
        ],
      },
    ],
  };
}

/** Makes the application hear Pulse. */
export function connectPulse(app: INestApplication): void {
  app.connectMicroservice({ strategy: app.get(PulseServer) }, { inheritAppConfig: true });
}
