import { Telemetry } from '@bbb/rules';
import { Module, type DynamicModule } from '@nestjs/common';
import type { SchedulerDbOptions } from './options.js';
import { SchedulerDb } from './scheduler-db.js';

@Module({})
export class SchedulerDbModule {
  static register(options: SchedulerDbOptions): DynamicModule {
    return {
      module: SchedulerDbModule,
      providers: [
        {
          provide: SchedulerDb,
          inject: [{ token: Telemetry, optional: true }],
          useFactory: (telemetry?: Telemetry) => new SchedulerDb(options, telemetry),
        },
      ],
      exports: [SchedulerDb],
    };
  }
}
