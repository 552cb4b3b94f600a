import { Controller, Get, Header } from '@nestjs/common';
import { HealthCheck as HealthEndpoint, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { Metrics } from '../metrics/metrics.js';
import { CheckIndicator } from './check-indicator.js';
import { HealthChecks } from './health-checks.js';

/** The endpoints that process managers, load balancers and metrics collectors read. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly checks: HealthChecks,
    private readonly indicator: CheckIndicator,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @HealthEndpoint()
  async live(): Promise<HealthCheckResult> {
    return this.health.check(this.checks.listLive().map((check) => () => this.indicator.run(check)));
  }

  @Get('health/ready')
  @HealthEndpoint()
  async ready(): Promise<HealthCheckResult> {
    return this.health.check(this.checks.listReady().map((check) => () => this.indicator.run(check)));
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async scrape(): Promise<string> {
    return this.metrics.renderText();
  }
}
