import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { Configuration } from '@bbb/configuration';
import { OutsideSystemsModule } from '@bbb/composition';
import { PageModule } from '@bbb/page';
import { AbsenceBrake } from './absence-brake.service.js';
import { JournalTrimming } from './journal-trimming.service.js';
import { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { PassScheduler } from './pass-scheduler.service.js';
import { ReflectorPass } from './reflector-pass.service.js';
import { SharedWalks } from './walk/shared-walks.service.js';
import { TrackedTasksStep } from './tracked-tasks-step.service.js';
import { MissedRunsStep } from './missed-runs-step.service.js';

/** Works by the clock: keeps claims alive, and repairs everything that a lost message left undone. */
@Module({})
export class ReflectorModule {
  static register(configuration: Configuration): DynamicModule {
    return {
      module: ReflectorModule,
      imports: [ScheduleModule.forRoot(), OutsideSystemsModule.register(configuration), PageModule],
      providers: [
        AbsenceBrake,
        JournalTrimming,
        PassScheduler,
        ReflectorPass,
        SharedWalks,
        TrackedTasksStep,
        MissedRunsStep,
        OrphanRequestsStep,
      ],
    };
  }
}
