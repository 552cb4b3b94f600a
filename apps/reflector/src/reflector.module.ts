import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { Configuration } from '@bbb/configuration';
import { OutsideSystemsModule } from '@bbb/composition';
import { HEALTH_CHECKS, type HealthCheck } from '@bbb/platform';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { PassScheduler } from './pass-scheduler.service.js';
import { ReflectorPass } from './reflector-pass.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { MissedRunsStep } from './missed-runs-step.service.js';

/** Hears the clock: keeps claims alive, and repairs everything that no message told. */
@Module({})
export class ReflectorModule {
  static register(configuration: Configuration): DynamicModule {
    return {
      module: ReflectorModule,
      imports: [ScheduleModule.forRoot(), OutsideSystemsModule.register(configuration)],
      providers: [
        PassScheduler,
        ReflectorPass,
        TrackedTasksStep,
        MissedRunsStep,
        OrphanRequestsStep,
        {
          provide: HEALTH_CHECKS,
          inject: [TrackedTasksStep],
          useFactory: (step: TrackedTasksStep): HealthCheck[] => [
            { name: 'missing-tasks', kind: 'degraded', check: async () => step.problem() },
          ],
        },
      ],
    };
  }
}
