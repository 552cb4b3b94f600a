import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health/health.controller.js';
import { CHECK_TIMEOUT, CheckIndicator } from './health/check-indicator.js';
import { HealthChecks } from './health/health-checks.js';
import { Heartbeats } from './health/heartbeats.js';
import { Lifecycle } from './health/lifecycle.js';
import { Redactor } from './logging/redactor.js';
import { Metrics } from './metrics/metrics.js';
import { SystemClock } from './time/system-clock.js';

/** Provides all modules of a service with clock, metrics, heartbeats, redactor and health endpoints. */
@Module({})
export class PlatformModule {
  /**
   * @param redactor the log's redactor, so that everything that the service writes hides the same secrets
   * @param checkTimeout maximum seconds for a health check
   */
  static register(redactor: Redactor, checkTimeout = 3): DynamicModule {
    const shared = [{ provide: Redactor, useValue: redactor }, SystemClock, Metrics, Heartbeats, Lifecycle];
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
      exports: [
        ...shared.map((provider) => ('provide' in provider ? provider.provide : provider)),
        HealthChecks,
      ],
    };
  }
}
