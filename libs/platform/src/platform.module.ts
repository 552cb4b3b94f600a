import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Configuration } from './configuration/configuration.js';
import { HealthController } from './health/health.controller.js';
import { secretsOf } from './configuration/secrets.js';
import { CHECK_TIMEOUT, CheckIndicator } from './health/check-indicator.js';
import { HealthChecks } from './health/health-checks.js';
import { Heartbeats } from './health/heartbeats.js';
import { Lifecycle } from './health/lifecycle.js';
import { Redactor } from './logging/redactor.js';
import { Metrics } from './metrics/metrics.js';
import { SystemClock } from './time/system-clock.js';

/** Injection token of the {@link Configuration}. */
export const CONFIGURATION = Symbol('CONFIGURATION');

/** Provides all modules of a service with configuration, clock, metrics, heartbeats and health endpoints. */
@Module({})
export class PlatformModule {
  /** @param checkTimeout seconds that a health check may take */
  static register(configuration: Configuration, checkTimeout = 3): DynamicModule {
    const shared = [
      { provide: CONFIGURATION, useValue: configuration },
      { provide: Redactor, useFactory: () => new Redactor(secretsOf(configuration)) },
      SystemClock,
      Metrics,
      Heartbeats,
      Lifecycle,
    ];
    return {
      module: PlatformModule,
      global: true,
      // Terminus would log every failed probe; the indicator logs changes.
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [
        ...shared,
        { provide: CHECK_TIMEOUT, useValue: checkTimeout },
        CheckIndicator,
        HealthChecks,
      ],
      exports: shared.map((provider) => ('provide' in provider ? provider.provide : provider)),
    };
  }
}
