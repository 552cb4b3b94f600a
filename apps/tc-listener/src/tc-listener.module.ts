import { Module, type DynamicModule } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import { OutsideSystemsModule, type Overrides, createPulseModule } from '@bbb/composition';
import { createSubscriptions } from './subscriptions.js';
import { TaskEventsController } from './task-events.controller.js';
import { TaskExceptionService } from './task-exception.service.js';
import { TaskPendingService } from './task-pending.service.js';

/** Listens to Taskcluster: creates build requests for pending tasks, and cancels those of cancelled tasks. */
@Module({})
export class TcListenerModule {
  static register(configuration: Configuration, overrides: Overrides = {}): DynamicModule {
    return {
      module: TcListenerModule,
      imports: [
        OutsideSystemsModule.register(configuration),
        createPulseModule(configuration, createSubscriptions(configuration), overrides),
      ],
      controllers: [TaskEventsController],
      providers: [TaskPendingService, TaskExceptionService],
    };
  }
}
