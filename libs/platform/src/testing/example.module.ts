import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { HEALTH_CHECKS, type HealthCheck } from '../health/health-check.js';

/** An application that consists only of its health checks and a shutdown hook. */
@Module({})
export class ExampleModule {
  static of(checks: HealthCheck[], onShutdown: () => Promise<void> | void = () => undefined): DynamicModule {
    const end: OnApplicationShutdown = { onApplicationShutdown: onShutdown };
    return {
      module: ExampleModule,
      providers: [
        { provide: HEALTH_CHECKS, useFactory: () => checks },
        { provide: 'END', useValue: end },
      ],
    };
  }
}

export function check(
  name: string,
  kind: HealthCheck['kind'],
  answer: () => Promise<string | undefined> = async () => undefined,
): HealthCheck {
  return { name, kind, check: answer };
}
