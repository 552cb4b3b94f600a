import { Controller, Get, Header, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck as Uncached } from '@nestjs/terminus';
import { Metrics } from '../metrics/metrics.js';
import { HealthReporter, type HealthReport } from './health-reporter.js';

/** What a process manager, a load balancer and a metrics collector ask. */
@Controller()
export class HealthController {
  constructor(
    private readonly reporter: HealthReporter,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @Uncached()
  async live(): Promise<HealthReport> {
    return answered(await this.reporter.live());
  }

  @Get('health/ready')
  @Uncached()
  async ready(): Promise<HealthReport> {
    return answered(await this.reporter.ready());
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async scrape(): Promise<string> {
    return this.metrics.text();
  }
}

function answered(report: HealthReport): HealthReport {
  if (report.status === 'error') throw new ServiceUnavailableException(report);
  return report;
}
