import { Module, type DynamicModule } from '@nestjs/common';
import { logNetworkEnvironment } from '@bbb/http';
import { Redaction, TaskQueue, Telemetry } from '@bbb/rules';
import type { TaskclusterOptions } from './options.js';
import { TaskclusterQueue } from './taskcluster-queue.js';

/** Provides the TaskQueue of a Taskcluster deployment. */
@Module({})
export class TaskclusterModule {
  static register(options: TaskclusterOptions): DynamicModule {
    return {
      module: TaskclusterModule,
      providers: [
        {
          provide: TaskclusterQueue,
          useFactory: (telemetry?: Telemetry, redaction?: Redaction) => {
            logNetworkEnvironment();
            return new TaskclusterQueue(options, telemetry, redaction);
          },
          inject: [
            { token: Telemetry, optional: true },
            { token: Redaction, optional: true },
          ],
        },
        { provide: TaskQueue, useExisting: TaskclusterQueue },
      ],
      exports: [TaskQueue, TaskclusterQueue],
    };
  }
}
